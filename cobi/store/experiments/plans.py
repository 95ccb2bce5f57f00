"""Declared experiments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from cobi.domain.experiments.declaring import parse_plan
from cobi.domain.experiments.experiment import Experiment, Kind, Plan, State
from cobi.store.experiments.tables import experiments
from cobi.store.schema import models as model_table

_columns = experiments.c
_KNOWN = (
    _columns.key,
    _columns.experiment_id,
    _columns.plan,
    _columns.state,
    _columns.created,
    _columns.started,
    _columns.stopped,
)


def add(connection: Connection, experiment_id: bytes, plan: Plan, now: int) -> None:
    """Keep a new experiment."""
    connection.execute(
        insert(experiments).values(
            experiment_id=experiment_id,
            name=plan.name,
            plan=msgspec.json.encode(plan.as_json()).decode(),
            state=State.DRAFT.value,
            created=now,
        )
    )


def find(connection: Connection, experiment_id: bytes) -> Experiment | None:
    """The experiment of that id."""
    return next(iter(_read(connection, _columns.experiment_id == experiment_id)), None)


def named(connection: Connection, name: str) -> Experiment | None:
    """The experiment of that name."""
    return next(iter(_read(connection, _columns.name == name)), None)


def everything(connection: Connection) -> list[Experiment]:
    """All experiments, the newest first."""
    return sorted(_read(connection, _columns.key.is_not(None)), key=lambda one: -one.key)


def running(connection: Connection) -> list[Experiment]:
    """Those that run now, oldest first."""
    return _read(connection, _columns.state == State.RUNNING.value)


def begun(connection: Connection) -> list[Experiment]:
    """Those that have been started, oldest first."""
    return _read(connection, _columns.started.is_not(None))


def set_state(connection: Connection, experiment: Experiment, state: State, now: int) -> None:
    """Let an experiment run from now, or until now."""
    moment = {"started": now} if state is State.RUNNING else {"stopped": now}
    where = _columns.key == experiment.key
    connection.execute(update(experiments).where(where).values(state=state.value, **moment))


def keep_results(connection: Connection, key: int, results: Any, now: int) -> None:
    """Keep what was read of an experiment, with everything counted up to now."""
    text = msgspec.json.encode(results).decode()
    connection.execute(update(experiments).where(_columns.key == key).values(results=text, gathered=now))


def results(connection: Connection, key: int) -> Any:
    """What was last read of an experiment; None before that."""
    found = connection.scalar(select(_columns.results).where(_columns.key == key))
    return None if found is None else msgspec.json.decode(found)


def make_due(connection: Connection, keys: Collection[int]) -> None:
    """Note that what was read of these experiments is out of date."""
    connection.execute(update(experiments).where(_columns.key.in_(keys)).values(gathered=None))


def gathered(connection: Connection, key: int) -> int | None:
    """When everything was last counted."""
    return connection.scalar(select(_columns.gathered).where(_columns.key == key))


def models(connection: Connection) -> set[int]:
    """The versions of all models."""
    return set(connection.scalars(select(model_table.c.version)))


def latest_holdout(connection: Connection) -> Experiment | None:
    """The holdout that began last."""
    held = [one for one in begun(connection) if one.plan.kind is Kind.HOLDOUT]
    return max(held, key=lambda one: one.started or 0, default=None)


def _read(connection: Connection, condition: ColumnElement[bool]) -> list[Experiment]:
    rows: Iterable[Any] = connection.execute(select(*_KNOWN).where(condition).order_by(_columns.key))
    return [
        Experiment(
            row.key,
            row.experiment_id,
            _plan(msgspec.json.decode(row.plan)),
            State(row.state),
            row.created,
            row.started,
            row.stopped,
        )
        for row in rows
    ]


def _plan(document: dict[str, Any]) -> Plan:
    """A kept plan; that of a holdout was declared by share and list."""
    if document["kind"] == Kind.HOLDOUT.name:
        held_out = document.pop("arms")[0]
        document |= {"share": held_out["share"], "list": held_out["list"]}
    return parse_plan(document)
