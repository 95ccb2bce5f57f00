"""Who did something how often: from the packs of days that are as they were packed, from the rows of all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, or_, select

from cobi.domain.moments import DAY
from cobi.domain.segments.rule import Did
from cobi.store.keys import chunks
from cobi.store.named_items import items
from cobi.store.rollups.period import Period
from cobi.store.rollups.tables import counted_days
from cobi.store.schema import interactions
from cobi.store.student_days.packing import DEED, SUM, is_packed
from cobi.store.student_days.tables import ALL_ITEMS, student_days

_acted, _kept, _noted = interactions.c, student_days.c, counted_days.c

Times = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Students' keys, and how often each did it; a student may stand there several times."""


def actors(connection: Connection, did: Did, since: int | None) -> NDArray[np.int64]:
    """The keys of the students who did it so often since a moment, ascending."""
    days = _as_packed(connection, since)
    found = [_in_rows(connection, did, period) for period in _between(days, since)]
    if days:
        found += [
            _in_packs(connection, did, since, days) if did.items() else _in_sums(connection, did, since, days)
        ]
    students = np.concatenate([one for one, _ in found])
    # Keys are given one after the other: the largest is not much more than the number of students.
    often = np.bincount(students, np.concatenate([times for _, times in found]))
    return np.flatnonzero(often >= did.at_least)


def _as_packed(connection: Connection, since: int | None) -> list[int]:
    """The days from that moment's on that have not changed since they were packed, ascending."""
    query = select(_noted.day).where(_noted.seen == _noted.changes, is_packed()).order_by(_noted.day)
    return list(connection.scalars(query if since is None else query.where(_noted.day >= since // DAY)))


def _between(days: Sequence[int], since: int | None) -> Iterator[Period]:
    """What lies before, between and after these days."""
    start = since
    for day in days:
        if start is None or start < day * DAY:
            yield Period(start, day * DAY)
        start = (day + 1) * DAY
    yield Period(start, None)


def _in_rows(connection: Connection, did: Did, period: Period) -> Times:
    conditions: list[ColumnElement[bool]] = [
        period.holds(_acted.event_timestamp, _acted.interaction_id),
        _acted.student_key.is_not(None),
    ]
    if did.types:
        conditions.append(_acted.interaction_type.in_([one.value for one in did.types]))
    if did.items():
        of = ((_acted.item_type == int(kind)) & _acted.item_key.in_(keys) for kind, keys in items(did))
        conditions.append(or_(*of))
    query = select(_acted.student_key, func.count()).where(*conditions).group_by(_acted.student_key)
    rows = np.array([tuple(row) for row in connection.execute(query)], np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _in_packs(connection: Connection, did: Did, since: int | None, days: Sequence[int]) -> Times:
    packs: list[bytes] = []
    for kind, keys in _item_keys(connection, did).items():
        for chunk in chunks(sorted(keys)):
            query = select(_kept.deeds).where(
                _kept.day.in_(days), _kept.item_type == kind, _kept.item_key.in_(chunk)
            )
            packs += connection.scalars(query)
    return _of_deeds(packs, did, since)


def _in_sums(connection: Connection, did: Did, since: int | None, days: Sequence[int]) -> Times:
    """Whatever item it was with: of the day that the moment cuts every deed is looked at, of the others the sums."""
    cut = since is not None and since > days[0] * DAY
    whole = days[1:] if cut else days
    query = select(_kept.deeds).where(
        _kept.day.in_(whole), _kept.item_type == ALL_ITEMS, _kept.item_key == ALL_ITEMS
    )
    sums = np.frombuffer(b"".join(connection.scalars(query)), SUM)
    sums = sums[_is_wanted(sums["kind"], did)]
    packs = select(_kept.deeds).where(_kept.day == days[0], _kept.item_type != ALL_ITEMS)
    students, times = _of_deeds(list(connection.scalars(packs)) if cut else [], did, since)
    return (
        np.concatenate([students, sums["student"].astype(np.int64)]),
        np.concatenate([times, sums["times"].astype(np.int64)]),
    )


def _of_deeds(packs: Sequence[bytes], did: Did, since: int | None) -> Times:
    deeds = np.frombuffer(b"".join(packs), DEED)
    wanted = _is_wanted(deeds["kind"], did)
    if since is not None:
        wanted &= deeds["time"] >= since
    students = deeds["student"][wanted].astype(np.int64)
    return students, np.ones(len(students), np.int64)


def _is_wanted(kinds: NDArray[np.uint8], did: Did) -> NDArray[np.bool_]:
    if not did.types:
        return np.ones(len(kinds), np.bool_)
    return np.isin(kinds, [one.value for one in did.types])


def _item_keys(connection: Connection, did: Did) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for kind, query in items(did):
        found.setdefault(int(kind), set()).update(connection.scalars(query))
    return found
