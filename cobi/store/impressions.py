"""The log of answers: what was shown to whom, by which model, with which scores and propensities (D30)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, select, update

from cobi.domain.interaction import ItemType
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.schema import recommendations

_COLUMNS = tuple(recommendations.columns.keys())[:-2]
"""What is known when an answer is given: all but what came into view."""

_MOST_BETWEEN = 1000
_SEED_BYTES = slice(6, 12)
_MOST_SHORT, SHORT_BYTES = 2**31 - 1, 4
"""The largest key that has four bytes; few need eight."""


class Circumstances(NamedTuple):
    """What a ranking hung on besides model, student and seed.

    `settings` is the key of the settings that shaped it, `history` the number of events read, `regions` None
    everywhere, `excluded` item keys, `continues` the answer with the page before.
    """

    settings: int | None = None
    catalogue_revision: int | None = None
    history: int | None = None
    regions: tuple[str, ...] | None = None
    limit: int | None = None
    offset: int = 0
    continues: bytes | None = None
    excluded: tuple[int, ...] = ()
    similar_to: int | None = None
    platform: int | None = None
    city: str | None = None


UNKNOWN = Circumstances()
"""Of answers of a Cobi that did not keep them."""


@dataclass(frozen=True)
class Impression:
    """One answer; `items`, `scores` and `propensities` are of one length, best first.

    `model_version` 0 means that no model was there yet; `arm` None is the arm that everybody is in.
    """

    recommendation_id: bytes
    served: int
    student_key: int | None
    segment_key: int | None
    model_version: int
    policy: str
    arm: str | None
    seed: int
    item_type: ItemType
    candidates: int
    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    propensities: NDArray[np.float32]
    circumstances: Circumstances = UNKNOWN
    viewed: tuple[int, ...] = ()
    """The positions, from 1, that are known to have come into view."""
    viewed_at: int | None = None

    @property
    def told_again(self) -> bool:
        """Whether enough was kept to rank it again."""
        return self.circumstances.settings is not None


def seed_of(identifier: bytes) -> int:
    """The seed that an answer's id gives it: its random bits."""
    return int.from_bytes(identifier[_SEED_BYTES], "big")


def add(connection: Connection, impressions: Collection[Impression]) -> None:
    """Log answers, before they are sent."""
    insert_rows(connection, recommendations, _COLUMNS, map(_row, impressions))


def fetch(connection: Connection, ids: Collection[bytes]) -> dict[bytes, Impression]:
    """The answers with these ids."""
    found: dict[bytes, Impression] = {}
    for chunk in chunks(ids):
        query = select(recommendations).where(recommendations.c.recommendation_id.in_(chunk))
        found |= {row.recommendation_id: impression_of(row) for row in connection.execute(query)}
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
    return [impression_of(row) for row in rows]


def since(connection: Connection, student_key: int, moment: int, most: int) -> list[Impression]:
    """The student's answers served from that moment on, up to `most`, newest first."""
    columns = recommendations.c
    query = select(recommendations).where(columns.student_key == student_key, columns.served >= moment)
    rows = connection.execute(
        query.order_by(columns.served.desc(), columns.recommendation_id.desc()).limit(most)
    )
    return [impression_of(row) for row in rows]


def between(connection: Connection, student_key: int, since: int, until: int) -> list[Impression]:
    """The student's answers served from `since` until before `until`, earliest first."""
    columns = recommendations.c
    inside = (columns.student_key == student_key, columns.served >= since, columns.served < until)
    order = (columns.served, func.coalesce(columns.segment_key, 0))
    rows = connection.execute(select(recommendations).where(*inside).order_by(*order).limit(_MOST_BETWEEN))
    return [impression_of(row) for row in rows]


def view(connection: Connection, recommendation_id: bytes, positions: Collection[int], now: int) -> None:
    """Note that these positions, from 1, of an answer came into view, with those noted before."""
    bits = sum(1 << (position - 1) for position in set(positions))
    packed = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    at = recommendations.c.recommendation_id == recommendation_id
    connection.execute(update(recommendations).where(at).values(viewed=packed, viewed_at=now))


def _row(impression: Impression) -> tuple[Any, ...]:
    told = impression.circumstances
    identifier, propensities = impression.recommendation_id, impression.propensities
    return (
        identifier,
        impression.served,
        impression.student_key,
        impression.segment_key,
        impression.model_version,
        impression.policy,
        impression.arm,
        None if impression.seed == seed_of(identifier) else impression.seed,
        impression.item_type.value,
        impression.candidates,
        len(impression.items),
        _packed(impression.items),
        impression.scores.astype("<f4", copy=False).tobytes(),
        b"" if (propensities == 1).all() else propensities.astype("<f4", copy=False).tobytes(),
        told.settings,
        told.catalogue_revision,
        told.history,
        None if told.regions is None else ",".join(told.regions),
        told.limit,
        told.offset or None,
        told.continues,
        np.array(told.excluded, "<i8").tobytes() if told.excluded else None,
        told.similar_to,
        told.platform,
        told.city,
    )


def _packed(keys: NDArray[np.int64]) -> bytes:
    """Four bytes for each key, or eight where one needs them."""
    short = len(keys) == 0 or keys.max() <= _MOST_SHORT
    return keys.astype("<i4" if short else "<i8").tobytes()


def unpacked(data: bytes, number: int) -> NDArray[np.int64]:
    """Keys as they are kept in a column."""
    return np.frombuffer(data, "<i8" if number and len(data) == 8 * number else "<i4").astype(np.int64)


def unpacked_slates(data: bytes, *, short: bool) -> NDArray[np.int64]:
    """The keys of many slates one after another, all of short keys or none."""
    return np.frombuffer(data, "<i4" if short else "<i8").astype(np.int64)


def impression_of(row: Row[Any]) -> Impression:
    """An answer of its row."""
    items = unpacked(row.items, row.shown)
    propensities = np.frombuffer(row.propensities, "<f4").astype(np.float32)
    return Impression(
        row.recommendation_id,
        row.served,
        row.student_key,
        row.segment_key,
        row.model_version,
        row.policy,
        row.arm,
        seed_of(row.recommendation_id) if row.seed is None else row.seed,
        ItemType(row.item_type),
        row.candidates,
        items,
        np.frombuffer(row.scores, "<f4").astype(np.float32),
        propensities if len(propensities) == len(items) else np.ones(len(items), np.float32),
        _circumstances(row),
        _positions(row.viewed),
        row.viewed_at,
    )


def _circumstances(row: Row[Any]) -> Circumstances:
    return Circumstances(
        row.settings_key,
        row.catalogue_revision,
        row.history,
        None if row.regions is None else tuple(row.regions.split(",")),
        row.page_limit,
        row.page_offset or 0,
        row.continues,
        tuple(np.frombuffer(row.excluded or b"", "<i8").tolist()),
        row.similar_to,
        row.platform,
        row.city,
    )


def _positions(viewed: bytes | None) -> tuple[int, ...]:
    bits: Sequence[str] = f"{int.from_bytes(viewed or b'', 'little'):b}"[::-1]
    return tuple(at + 1 for at, bit in enumerate(bits) if bit == "1")
