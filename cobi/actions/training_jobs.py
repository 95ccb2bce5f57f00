"""Asking for a training, telling how far it is, and giving up one whose process is gone."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from cobi.actions.organisation_settings import values
from cobi.domain.errors import Conflict, NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.model_state import JobState
from cobi.domain.moments import HOUR, SECOND, format_moment
from cobi.store import interactions, model_registry, training_jobs
from cobi.store.database import Connection
from cobi.store.training_jobs import Job
from cobi.store.writer import Transaction

LEASE = 180 * SECOND
"""So long a trainer may give no sign of life: one computation may keep its process from doing so."""

RECENT = 20


@dataclass(frozen=True)
class Moment:
    """Now by the organisation's clock, and by the clock on the wall that signs of life are timed with."""

    now: int
    wall: int


def request(
    transaction: Transaction, job_id: bytes, order: dict[str, Any], by: str, moment: Moment
) -> dict[str, Any]:
    """Queue a training; raises Conflict while another one waits or goes on."""
    connection = transaction.connection
    give_up_lost(transaction, moment)
    running = training_jobs.current(connection)
    if running is not None:
        raise Conflict(
            f"training {format_id(running.job_id)} is {running.state.value}",
            code="training_runs",
            hint="wait for it, or DELETE /v1/models/train/{job_id} cancels it",
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
    training_jobs.add(connection, job)
    return describe(job)


def give_up_lost(transaction: Transaction, moment: Moment) -> None:
    """Mark the training whose process is gone as failed; what it had not stored is lost, the live model is not."""
    job = training_jobs.current(transaction.connection)
    lost = None if job is None else why_lost(job, moment.wall)
    if job is not None and lost is not None:
        training_jobs.change(
            transaction.connection, job.job_id, state=JobState.FAILED, ended=moment.now, reason=lost
        )


def why_lost(job: Job, wall: int) -> str | None:
    """Why a job's process must be gone; None where it may well live."""
    if job.host == socket.gethostname() and job.pid is not None and not _lives(job.pid):
        return "its process is gone"
    if wall - job.heartbeat > LEASE:
        return f"its process gave no sign of life for {LEASE // SECOND} s"
    return None


def read(connection: Connection, job_id: bytes) -> dict[str, Any]:
    """How far a training is; raises NotFound."""
    return describe(found(connection, job_id))


def recent(connection: Connection) -> dict[str, Any]:
    """The newest trainings."""
    return {"jobs": [describe(job) for job in training_jobs.latest(connection, RECENT)]}


def cancel(transaction: Transaction, job_id: bytes, moment: Moment) -> dict[str, Any]:
    """Cancel a training; one that has ended stays as it is. Raises NotFound."""
    give_up_lost(transaction, moment)
    found(transaction.connection, job_id)
    training_jobs.change(transaction.connection, job_id, state=JobState.CANCELLED, ended=moment.now)
    return read(transaction.connection, job_id)


def found(connection: Connection, job_id: bytes) -> Job:
    """One job; raises NotFound."""
    job = training_jobs.find(connection, job_id)
    if job is None:
        raise NotFound(f"there is no training {format_id(job_id)}", code="unknown_job")
    return job


def why_due(connection: Connection, now: int) -> str | None:
    """Why a training is due by the organisation's settings; None where it is not."""
    chosen = values(connection)
    every, wanted = int(chosen["training_every_hours"] * HOUR), chosen["training_after_interactions"]
    trained, newest = model_registry.last_trained(connection), training_jobs.latest(connection, 1)
    # One that failed is not tried again at once.
    since = max(trained[1] if trained else 0, newest[0].requested if newest else 0)
    if every and now - since >= every:
        return f"the last training was {(now - since) // HOUR} hours ago" if since else "the first one"
    if wanted and interactions.count_since(connection, since, wanted) >= wanted:
        return f"{wanted:,} interactions happened since the last training"
    return None


def describe(job: Job) -> dict[str, Any]:
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
    }


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
