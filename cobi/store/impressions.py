"""The log of answers: what was shown to whom, by which model, with which scores and propensities (D30)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, select

from cobi.domain.interaction import ItemType
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.schema import recommendations

_COLUMNS = tuple(recommendations.columns.keys())


@dataclass(frozen=True)
class Impression:
    """One answer; `items`, `scores` and `propensities` are of one length, best first.

    `model_version` 0 means that no model was there yet.
    """

    recommendation_id: bytes
    served: int
    student_key: int | None
    segment_key: int | None
    model_version: int
    policy: str
    arm: str
    seed: int
    item_type: ItemType
    candidates: int
    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    propensities: NDArray[np.float32]


def add(connection: Connection, impressions: Collection[Impression]) -> None:
    """Log answers, before they are sent."""
    insert_rows(connection, recommendations, _COLUMNS, map(_row, impressions))


def fetch(connection: Connection, ids: Collection[bytes]) -> dict[bytes, Impression]:
    """The answers with these ids."""
    found: dict[bytes, Impression] = {}
    for chunk in chunks(ids):
        query = select(recommendations).where(recommendations.c.recommendation_id.in_(chunk))
        found |= {row.recommendation_id: _impression(row) for row in connection.execute(query)}
    return found


def latest(connection: Connection, student_key: int, since: int, until: int) -> list[Impression]:
    """The student's last answers served in since…until, both included; one request may have given several."""
    columns = recommendations.c
    inside = (columns.student_key == student_key, columns.served >= since, columns.served <= until)
    last = connection.scalar(select(func.max(columns.served)).where(*inside))
    if last is None:
        return []
    query = select(recommendations).where(columns.student_key == student_key, columns.served == last)
    # The student's own list first, then segments in the order they were made.
    rows = connection.execute(query.order_by(func.coalesce(columns.segment_key, 0)))
    return [_impression(row) for row in rows]


def _row(impression: Impression) -> tuple[Any, ...]:
    return (
        impression.recommendation_id,
        impression.served,
        impression.student_key,
        impression.segment_key,
        impression.model_version,
        impression.policy,
        impression.arm,
        impression.seed,
        impression.item_type.value,
        impression.candidates,
        len(impression.items),
        impression.items.astype("<i8").tobytes(),
        impression.scores.astype("<f4").tobytes(),
        impression.propensities.astype("<f4").tobytes(),
    )


def _impression(row: Row[Any]) -> Impression:
    return Impression(
        row.recommendation_id,
        row.served,
        row.student_key,
        row.segment_key,
        row.model_version,
        row.policy,
        row.arm,
        row.seed,
        ItemType(row.item_type),
        row.candidates,
        np.frombuffer(row.items, "<i8").astype(np.int64),
        np.frombuffer(row.scores, "<f4").astype(np.float32),
        np.frombuffer(row.propensities, "<f4").astype(np.float32),
    )
