"""Packing a day that has ended, and taking a student out of what is packed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select

from cobi.domain.moments import DAY
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.rollups.period import Period
from cobi.store.rollups.tables import counted_days
from cobi.store.schema import interactions
from cobi.store.student_days.tables import ALL_ITEMS, student_days

DEED = np.dtype([("student", "<u4"), ("kind", "u1"), ("time", "<i8")])
"""One interaction: who, of which type, when; packed in the order of time."""

SUM = np.dtype([("student", "<u4"), ("kind", "u1"), ("times", "<u4")])
"""How often a student did something of a type on a day, with whatever item."""

_ROWS_AT_ONCE = 5_000
_acted = interactions.c
_kept = student_days.c

Packs = Mapping[tuple[int, int], bytes]
"""By an item's type and key: its deeds, and under ALL_ITEMS the day's sums."""


def is_packed() -> ColumnElement[bool]:
    """Whether the day of a row of `counted_days` was packed, be it that it has changed since."""
    all_items = (_kept.item_type == ALL_ITEMS) & (_kept.item_key == ALL_ITEMS)
    return exists(select(_kept.day).where(_kept.day == counted_days.c.day, all_items))


def pack(connection: Connection, day: int) -> Packs:
    """All that known students did on a day."""
    rows = _rows(connection, Period(day * DAY, (day + 1) * DAY))
    kind, key, student = rows[:, 0], rows[:, 1], rows[:, 2]
    order = np.lexsort((rows[:, 4], key, kind))
    deeds = np.empty(len(rows), DEED)
    deeds["student"], deeds["kind"], deeds["time"] = student[order], rows[order, 3], rows[order, 4]
    kind, key = kind[order], key[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(kind) != 0) | (np.diff(key) != 0)][: len(rows)])
    found = {
        (int(kind[start]), int(key[start])): part.tobytes()
        for start, part in zip(starts, np.split(deeds, starts[1:]), strict=len(rows) > 0)
    }
    return found | {(ALL_ITEMS, ALL_ITEMS): _sums(deeds).tobytes()}


def keep(connection: Connection, day: int, packs: Packs) -> None:
    """Put a day's packs in the place of those there were."""
    connection.execute(delete(student_days).where(_kept.day == day))
    rows = [(day, *item, deeds) for item, deeds in sorted(packs.items())]
    insert_rows(connection, student_days, student_days.columns.keys(), rows)


def forget(connection: Connection, ids: Collection[bytes]) -> None:
    """Let go of all packs that tell of these interactions; their days are packed anew."""
    query = select(_acted.event_timestamp, _acted.item_type, _acted.item_key)
    found: set[tuple[int, int, int]] = set()
    for chunk in chunks(ids):
        for time, item_type, item_key in connection.execute(query.where(_acted.interaction_id.in_(chunk))):
            found |= {(time // DAY, item_type, item_key), (time // DAY, ALL_ITEMS, ALL_ITEMS)}
    if found:
        connection.execute(
            _forget, [dict(zip(("of", "kind", "item"), one, strict=True)) for one in sorted(found)]
        )


_forget = delete(student_days).where(
    _kept.day == bindparam("of"), _kept.item_type == bindparam("kind"), _kept.item_key == bindparam("item")
)


def _rows(connection: Connection, period: Period) -> NDArray[np.int64]:
    """Item type and key, student, type and time of each, shape (n, 5)."""
    query = select(
        _acted.item_type, _acted.item_key, _acted.student_key, _acted.interaction_type, _acted.event_timestamp
    ).where(period.holds(_acted.event_timestamp, _acted.interaction_id), _acted.student_key.is_not(None))
    streamed = connection.execution_options(stream_results=True).execute(query)
    parts = [_array(rows) for rows in streamed.partitions(_ROWS_AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, 5), np.int64)


def _array(rows: Sequence[Any]) -> NDArray[np.int64]:
    return np.stack([np.array(column, np.int64) for column in zip(*rows, strict=True)], axis=1)


def _sums(deeds: NDArray[Any]) -> NDArray[Any]:
    """How often each student did what, in the order of students."""
    code = deeds["student"].astype(np.int64) << 8 | deeds["kind"]
    codes, times = np.unique(code, return_counts=True)
    sums = np.empty(len(codes), SUM)
    sums["student"], sums["kind"], sums["times"] = codes >> 8, codes & 255, times
    return sums
