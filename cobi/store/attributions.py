"""What became of the claim of each COBI interaction (contract §5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from cobi.domain.interaction import ItemType, Outcome
from cobi.store.dialect import insert_rows
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


def reopen(connection: Connection, interaction_ids: Collection[bytes]) -> list[Claim]:
    """Drop the verdicts on these interactions and give their claims back, to be judged anew."""
    table = interactions.c
    columns = (
        table.interaction_id,
        table.event_timestamp,
        table.item_type,
        table.item_key,
        table.student_key,
        table.recommendation_id,
    )
    claims: list[Claim] = []
    for chunk in chunks(interaction_ids):
        connection.execute(delete(attributions).where(attributions.c.interaction_id.in_(chunk)))
        found = connection.execute(select(*columns).where(table.interaction_id.in_(chunk)))
        claims.extend(Claim(row[0], row[1], ItemType(row[2]), *row[3:]) for row in found)
    return claims
