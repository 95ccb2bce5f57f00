"""What became of the claim of each COBI interaction (contract §5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import ItemType, Outcome
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.schema import attributions, interactions

_COLUMNS = tuple(attributions.columns.keys())


@dataclass(frozen=True)
class Claim:
    """A COBI interaction: who says it came of which answer, about which item, when."""

    interaction_id: bytes
    event_timestamp: int
    item_type: ItemType
    item_key: int
    student_key: int | None
    recommendation_id: bytes | None
    interaction_type: int
    platform: int | None


@dataclass(frozen=True)
class Attribution:
    """The verdict on a claim; `position` counts from 1, `via` is how the item belongs to what was shown."""

    interaction_id: bytes
    outcome: Outcome
    recommendation_id: bytes | None = None
    position: int | None = None
    via: ItemType | None = None


def add(connection: Connection, verdicts: Iterable[Attribution], now: int) -> None:
    """Keep verdicts on new claims."""
    rows = (
        (
            verdict.interaction_id,
            verdict.outcome.value,
            verdict.recommendation_id,
            verdict.position,
            verdict.via,
            now,
        )
        for verdict in verdicts
    )
    insert_rows(connection, attributions, _COLUMNS, rows)


def fetch(connection: Connection, interaction_ids: Collection[bytes]) -> dict[bytes, Attribution]:
    """The verdicts on those of these interactions that claimed an answer."""
    columns = (
        attributions.c.interaction_id,
        attributions.c.outcome,
        attributions.c.recommendation_id,
        attributions.c.position,
        attributions.c.via,
    )
    return {
        row[0]: Attribution(row[0], Outcome(row[1]), row[2], row[3], row[4] and ItemType(row[4]))
        for chunk in chunks(interaction_ids)
        for row in connection.execute(select(*columns).where(attributions.c.interaction_id.in_(chunk)))
    }


def claims(connection: Connection, interaction_ids: Collection[bytes]) -> list[Claim]:
    """The claims of these interactions, to be judged anew."""
    table = interactions.c
    columns = (
        table.interaction_id,
        table.event_timestamp,
        table.item_type,
        table.item_key,
        table.student_key,
        table.recommendation_id,
        table.interaction_type,
        table.platform,
    )
    return [
        Claim(row[0], row[1], ItemType(row[2]), *row[3:])
        for chunk in chunks(interaction_ids)
        for row in connection.execute(select(*columns).where(table.interaction_id.in_(chunk)))
    ]


def remove(connection: Connection, interaction_ids: Collection[bytes]) -> None:
    """Drop the verdicts on these interactions."""
    for chunk in chunks(interaction_ids):
        connection.execute(delete(attributions).where(attributions.c.interaction_id.in_(chunk)))


def failed_about(connection: Connection, item_type: ItemType, since: Mapping[int, int]) -> list[bytes]:
    """The claims about these items, by key, that found nothing shown to belong to; each since its moment."""
    table = interactions.c
    outcomes = (Outcome.ITEM_NOT_SHOWN.value, Outcome.MISSING_ID.value)
    query = (
        select(table.interaction_id, table.item_key, table.event_timestamp)
        .join(attributions, attributions.c.interaction_id == table.interaction_id)
        .where(attributions.c.outcome.in_(outcomes), table.item_type == item_type.value)
    )
    if since:
        # Interactions lie in the order of their times, so that only those since then are read.
        query = query.where(attributions.c.interaction_id >= first_id(min(since.values())))
    return [
        row[0]
        for chunk in chunks(since)
        for row in connection.execute(query.where(table.item_key.in_(chunk)))
        if row[2] >= since[row[1]]
    ]


def failed_by_students(connection: Connection, since: Mapping[int, int]) -> list[bytes]:
    """The claims of these students, by key, that were held to be another's; each since its moment."""
    table = interactions.c
    query = (
        select(table.interaction_id, table.student_key, table.event_timestamp)
        .join(attributions, attributions.c.interaction_id == table.interaction_id)
        .where(attributions.c.outcome == Outcome.OTHER_STUDENT.value)
    )
    return [
        row[0]
        for chunk in chunks(since)
        for row in connection.execute(query.where(table.student_key.in_(chunk)))
        if row[2] >= since[row[1]]
    ]
