"""Work for processes of their own. The job that is queued or running is the organisation's lease for that work."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Table, delete, insert, select, update

from cobi.domain.model_state import JobState
from cobi.store.query import Query
from cobi.store.schema import evaluation_jobs, training_jobs

_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True)
class Job:
    """A training or an evaluation; moments in microseconds, `heartbeat` by the clock on the wall."""

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


@dataclass(frozen=True)
class JobTable:
    """The jobs of one sort."""

    table: Table

    def add(self, connection: Connection, job: Job) -> None:
        """Store a new job."""
        values = {field.name: getattr(job, field.name) for field in fields(Job)}
        values |= {"state": job.state.value, "order": msgspec.json.encode(job.order).decode()}
        connection.execute(insert(self.table).values(values))

    def find(self, connection: Connection, job_id: bytes) -> Job | None:
        """One job."""
        row = connection.execute(self._jobs().where(self.table.c.job_id == job_id)).mappings().first()
        return None if row is None else _job(row)

    def latest(self, connection: Connection, limit: int) -> list[Job]:
        """The newest jobs, the newest first."""
        newest = self._jobs().order_by(self.table.c.key.desc()).limit(limit)
        return [_job(row) for row in connection.execute(newest).mappings()]

    def current(self, connection: Connection) -> Job | None:
        """The one job that is queued or running."""
        oldest = self._jobs().where(self._is_open()).order_by(self.table.c.key)
        row = connection.execute(oldest).mappings().first()
        return None if row is None else _job(row)

    def holds(self, connection: Connection, job_id: bytes) -> bool:
        """Whether a job is still queued or running: nobody has cancelled it or given it up."""
        mine = select(self.table.c.key).where(self.table.c.job_id == job_id, self._is_open())
        return connection.scalar(mine) is not None

    def change(self, connection: Connection, job_id: bytes, **values: Any) -> bool:
        """Change a job that is queued or running; False where it is not."""
        if (state := values.get("state")) is not None:
            values["state"] = JobState(state).value
        mine = update(self.table).where(self.table.c.job_id == job_id, self._is_open())
        return bool(connection.execute(mine.values(values)).rowcount)

    def keep_newest(self, connection: Connection, count: int) -> None:
        """Let go of all but the newest jobs and those that are queued or running."""
        oldest = select(self.table.c.key).order_by(self.table.c.key.desc()).offset(count).limit(1)
        key = connection.scalar(oldest)
        if key is not None:
            connection.execute(delete(self.table).where(self.table.c.key <= key, ~self._is_open()))

    def _is_open(self) -> ColumnElement[bool]:
        return self.table.c.state.in_(_OPEN)

    def _jobs(self) -> Query:
        return select(*(self.table.c[field.name] for field in fields(Job)))


TRAININGS = JobTable(training_jobs)
EVALUATIONS = JobTable(evaluation_jobs)


def figures(connection: Connection, job_id: bytes) -> Any:
    """What an evaluation found, as JSON; None until it is done."""
    columns = evaluation_jobs.c
    text = connection.scalar(select(columns.figures).where(columns.job_id == job_id))
    return None if text is None else msgspec.json.decode(text)


def written(found: Any) -> str:
    """What an evaluation found, as it is kept."""
    return msgspec.json.encode(found).decode()


def _job(row: RowMapping) -> Job:
    values: dict[str, Any] = dict(row)
    values |= {"order": msgspec.json.decode(row["order"]), "state": JobState(row["state"])}
    return Job(**values)
