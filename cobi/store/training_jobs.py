"""Trainings that were asked for. The one that is queued or running is the organisation's lease to train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from cobi.domain.model_state import JobState
from cobi.store.query import Query
from cobi.store.schema import training_jobs

_columns = training_jobs.c
_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True)
class Job:
    """A training; moments in microseconds, `heartbeat` by the clock on the wall."""

    job_id: bytes
    requested: int
    requested_by: str
    order: dict[str, Any]
    state: JobState
    share: float
    message: str
    heartbeat: int
    host: str | None
    pid: int | None
    started: int | None
    ended: int | None
    version: int | None
    reason: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or goes on."""
        return self.state.value in _OPEN


def add(connection: Connection, job: Job) -> None:
    """Store a new job."""
    values = {name: getattr(job, name) for name in Job.__dataclass_fields__}
    values |= {"state": job.state.value, "order": msgspec.json.encode(job.order).decode()}
    connection.execute(insert(training_jobs).values(values))


def find(connection: Connection, job_id: bytes) -> Job | None:
    """One job."""
    row = connection.execute(_jobs().where(_columns.job_id == job_id)).first()
    return None if row is None else _job(row)


def latest(connection: Connection, limit: int) -> list[Job]:
    """The newest jobs, the newest first."""
    return [_job(row) for row in connection.execute(_jobs().order_by(_columns.key.desc()).limit(limit))]


def current(connection: Connection) -> Job | None:
    """The one job that is queued or running."""
    row = connection.execute(_jobs().where(_is_open()).order_by(_columns.key)).first()
    return None if row is None else _job(row)


def holds(connection: Connection, job_id: bytes) -> bool:
    """Whether a job is still queued or running: nobody has cancelled it or given it up."""
    return connection.scalar(select(_columns.key).where(_columns.job_id == job_id, _is_open())) is not None


def change(connection: Connection, job_id: bytes, **values: Any) -> bool:
    """Change a job that is queued or running; False where it is not."""
    if (state := values.get("state")) is not None:
        values["state"] = JobState(state).value
    statement = update(training_jobs).where(_columns.job_id == job_id, _is_open()).values(values)
    return bool(connection.execute(statement).rowcount)


def _is_open() -> ColumnElement[bool]:
    return _columns.state.in_(_OPEN)


def _jobs() -> Query:
    return select(training_jobs)


def _job(row: Row[Any]) -> Job:
    return Job(
        row.job_id,
        row.requested,
        row.requested_by,
        msgspec.json.decode(row.order),
        JobState(row.state),
        row.share,
        row.message,
        row.heartbeat,
        row.host,
        row.pid,
        row.started,
        row.ended,
        row.version,
        row.reason,
    )
