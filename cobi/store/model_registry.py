"""The register of models: rows about them without their arrays, what became of each, and what was decided."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cobi.domain.model_state import ModelState, Verdict
from cobi.store.query import Query
from cobi.store.schema import model_arrays, model_decisions, model_events, models


@dataclass(frozen=True)
class Entry:
    """A model without its arrays; moments in microseconds, memory in bytes."""

    version: int
    state: ModelState
    trained: int
    card: dict[str, Any]
    recipe: dict[str, Any] | None
    due: int | None
    parent: int | None
    trained_by: str | None
    seconds: float | None
    peak_memory: int | None
    went_live: int | None
    left_live: int | None
    pruned: int | None


@dataclass(frozen=True)
class Event:
    """Something that became of a model."""

    moment: int
    event: str
    by: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """What the gate decided about a version; `bundle` is what it takes to recompute it."""

    version: int
    against: int
    decided: int
    verdict: Verdict
    summary: dict[str, Any]
    digest: str
    bundle: bytes


def page(connection: Connection, limit: int, before: int | None) -> list[Entry]:
    """Up to `limit` models, the newest first, older than the version `before`."""
    query = _entries().order_by(models.c.version.desc()).limit(limit)
    if before is not None:
        query = query.where(models.c.version < before)
    return [_entry(row) for row in connection.execute(query)]


def find(connection: Connection, version: int) -> Entry | None:
    """One model."""
    row = connection.execute(_entries().where(models.c.version == version)).first()
    return None if row is None else _entry(row)


def live(connection: Connection) -> Entry | None:
    """The live model."""
    row = connection.execute(_entries().where(models.c.state == ModelState.LIVE.value)).first()
    return None if row is None else _entry(row)


def last_retired(connection: Connection) -> Entry | None:
    """The model that was live last, not rolled back, and whose arrays are still there."""
    query = _entries().where(models.c.state == ModelState.RETIRED.value, models.c.pruned.is_(None))
    row = connection.execute(query.order_by(models.c.left_live.desc(), models.c.version.desc())).first()
    return None if row is None else _entry(row)


def last_trained(connection: Connection) -> tuple[int, int] | None:
    """The newest model's version, and when it was stored."""
    query = select(models.c.version, models.c.trained).order_by(models.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])


def note(connection: Connection, version: int, event: Event) -> None:
    """Write down what became of a model."""
    connection.execute(
        insert(model_events).values(
            version=version, moment=event.moment, event=event.event, by=event.by, reason=event.reason
        )
    )


def events(connection: Connection, version: int) -> list[Event]:
    """What became of a model, the newest last."""
    columns = model_events.c
    query = select(columns.moment, columns.event, columns.by, columns.reason)
    rows = connection.execute(query.where(columns.version == version).order_by(columns.key))
    return [Event(*row) for row in rows]


def events_since(connection: Connection, since: int) -> list[tuple[int, Event]]:
    """What became of all models since a moment, each with its version, the newest first."""
    columns = model_events.c
    query = select(columns.version, columns.moment, columns.event, columns.by, columns.reason)
    rows = connection.execute(query.where(columns.moment >= since).order_by(columns.key.desc()))
    return [(row[0], Event(*row[1:])) for row in rows]


def decide(connection: Connection, decision: Decision) -> None:
    """Keep a decision."""
    connection.execute(
        insert(model_decisions).values(
            version=decision.version,
            against=decision.against,
            decided=decision.decided,
            verdict=decision.verdict.value,
            summary=msgspec.json.encode(decision.summary).decode(),
            digest=decision.digest,
            bundle=decision.bundle,
        )
    )


def decisions(connection: Connection, version: int) -> list[Decision]:
    """The decisions about a version with their bundles, the newest last."""
    query = select(model_decisions).where(model_decisions.c.version == version)
    return [_decision(row) for row in connection.execute(query.order_by(model_decisions.c.key))]


def decided_against(connection: Connection, version: int, since: int) -> list[tuple[int, dict[str, Any]]]:
    """When candidates were compared with a live model since a moment, each with the summary; the newest last."""
    columns = model_decisions.c
    query = select(columns.decided, columns.summary).where(
        columns.against == version, columns.decided >= since
    )
    rows = connection.execute(query.order_by(columns.decided, columns.key))
    return [(row[0], msgspec.json.decode(row[1])) for row in rows]


@dataclass(frozen=True)
class Ruling:
    """A verdict and why it was given."""

    verdict: Verdict
    reasons: list[str]


def rulings(connection: Connection, versions: Collection[int]) -> dict[int, Ruling]:
    """The newest verdict on each of these versions."""
    columns = model_decisions.c
    newest = select(func.max(columns.key)).where(columns.version.in_(versions)).group_by(columns.version)
    query = select(columns.version, columns.verdict, columns.summary).where(columns.key.in_(newest))
    return {
        row[0]: Ruling(Verdict(row[1]), msgspec.json.decode(row[2])["reasons"])
        for row in connection.execute(query)
    }


def prunable(connection: Connection, before: int, spared: Collection[int]) -> list[int]:
    """Versions whose arrays may go: neither live nor spared, and neither trained nor live since `before`."""
    columns = models.c
    query = select(columns.version).where(
        columns.pruned.is_(None),
        columns.state != ModelState.LIVE.value,
        columns.version.not_in(spared),
        columns.trained < before,
        func.coalesce(columns.left_live, columns.trained) < before,
    )
    return list(connection.scalars(query.order_by(columns.version)))


def prune(connection: Connection, version: int, now: int) -> None:
    """Let go of a model's arrays; its row, figures and history stay."""
    connection.execute(delete(model_arrays).where(model_arrays.c.version == version))
    connection.execute(update(models).where(models.c.version == version).values(pruned=now))


def _entries() -> Query:
    return select(models)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.version,
        ModelState(row.state),
        row.trained,
        msgspec.json.decode(row.card),
        None if row.recipe is None else msgspec.json.decode(row.recipe),
        row.due,
        row.parent,
        row.trained_by,
        row.seconds,
        row.peak_memory,
        row.went_live,
        row.left_live,
        row.pruned,
    )


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        row.version,
        row.against,
        row.decided,
        Verdict(row.verdict),
        msgspec.json.decode(row.summary),
        row.digest,
        row.bundle,
    )
