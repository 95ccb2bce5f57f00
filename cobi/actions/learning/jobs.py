"""Asking for work that a process of its own does, telling how far it is, giving up what has lost its process."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from cobi.domain.errors import Conflict, NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.model_state import JobState
from cobi.domain.moments import SECOND, format_moment
from cobi.store import jobs
from cobi.store.database import Connection
from cobi.store.jobs import Job, JobTable
from cobi.store.writer import Transaction

LEASE = 180 * SECOND
"""So long a process may give no sign of life: one computation may keep its process from doing so."""

RECENT = 20


@dataclass(frozen=True)
class Moment:
    """Now by the organisation's clock, and by the clock on the wall that signs of life are timed with."""

    now: int
    wall: int


@dataclass(frozen=True)
class Work:
    """A sort of work, of which an organisation has at most one at a time waiting or going on."""

    name: str
    table: JobTable
    runs: str
    """The code of a request that comes while another one waits or goes on."""
    unavailable: str
    """The code of a request where no process can be started."""
    path: str
    """Where the API tells of a job, and cancels it."""
    order: str | None = None
    """What a job's order is called in its account; None: it is left out."""
    most_kept: int | None = None
    """Of more jobs the oldest are let go; None: none are."""


TRAINING = Work("training", jobs.TRAININGS, "training_runs", "training_unavailable", "/v1/models/train")
EVALUATION = Work(
    "evaluation",
    jobs.EVALUATIONS,
    "evaluation_runs",
    "evaluation_unavailable",
    "/v1/models/evaluations",
    "plan",
    most_kept=100,
)


def request(
    transaction: Transaction, work: Work, job_id: bytes, order: dict[str, Any], by: str, moment: Moment
) -> dict[str, Any]:
    """Queue a job; raises Conflict while another one of its sort waits or goes on."""
    connection = transaction.connection
    give_up_lost(transaction, work, moment)
    running = work.table.current(connection)
    if running is not None:
        raise Conflict(
            f"{work.name} {format_id(running.job_id)} is {running.state.value}",
            code=work.runs,
            hint=f"wait for it, or DELETE {work.path}/{{job_id}} cancels it",
        )
    job = Job(
        job_id,
        moment.now,
        by,
        order,
        JobState.QUEUED,
        0.0,
        "waiting for its process",
        moment.wall,
        socket.gethostname(),
        os.getpid(),
        None,
        None,
        None,
        None,
    )
    work.table.add(connection, job)
    if work.most_kept is not None:
        work.table.keep_newest(connection, work.most_kept)
    return describe(work, job)


def give_up_lost(transaction: Transaction, work: Work, moment: Moment) -> None:
    """Mark the job whose process is gone as failed; what it had not stored is lost, the live model is not."""
    job = work.table.current(transaction.connection)
    lost = None if job is None else why_lost(job, moment.wall)
    if job is not None and lost is not None:
        work.table.change(
            transaction.connection, job.job_id, state=JobState.FAILED, ended=moment.now, reason=lost
        )


def why_lost(job: Job, wall: int) -> str | None:
    """Why a job's process must be gone; None where it may well live."""
    if job.host == socket.gethostname() and job.pid is not None and not _lives(job.pid):
        return "its process is gone"
    if wall - job.heartbeat > LEASE:
        return f"its process gave no sign of life for {LEASE // SECOND} s"
    return None


def read(connection: Connection, work: Work, job_id: bytes) -> dict[str, Any]:
    """How far a job is; raises NotFound."""
    return describe(work, found(connection, work, job_id))


def recent(connection: Connection, work: Work) -> dict[str, Any]:
    """The newest jobs."""
    return {"jobs": [describe(work, job) for job in work.table.latest(connection, RECENT)]}


def cancel(transaction: Transaction, work: Work, job_id: bytes, moment: Moment) -> dict[str, Any]:
    """Cancel a job; one that has ended stays as it is. Raises NotFound."""
    give_up_lost(transaction, work, moment)
    found(transaction.connection, work, job_id)
    work.table.change(transaction.connection, job_id, state=JobState.CANCELLED, ended=moment.now)
    return read(transaction.connection, work, job_id)


def found(connection: Connection, work: Work, job_id: bytes) -> Job:
    """One job; raises NotFound."""
    job = work.table.find(connection, job_id)
    if job is None:
        raise NotFound(f"there is no {work.name} {format_id(job_id)}", code="unknown_job")
    return job


def describe(work: Work, job: Job) -> dict[str, Any]:
    """A job as JSON."""
    moments = {name: getattr(job, name) for name in ("requested", "started", "ended")}
    return {
        "job_id": format_id(job.job_id),
        "state": job.state.value,
        "progress": job.share,
        "message": job.message,
        "requested_by": job.requested_by,
        **{name: None if moment is None else format_moment(moment) for name, moment in moments.items()},
        "model_version": job.version,
        "reason": job.reason,
        **({} if work.order is None else {work.order: job.order}),
    }


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
