"""Counting a day of items anew from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, select, update

from cobi.domain.identifiers import first_id
from cobi.domain.moments import DAY, MILLISECOND
from cobi.store.dialect import joined_hex
from cobi.store.impressions import SHORT_BYTES, unpacked, unpacked_slates
from cobi.store.inserting import insert_rows
from cobi.store.item_days.tables import FIGURES, item_days
from cobi.store.query import Query
from cobi.store.rollups.counting import ATTRIBUTED, REVEAL
from cobi.store.rollups.period import Period
from cobi.store.rollups.tables import counted_days
from cobi.store.schema import attributions, interactions, recommendations
from cobi.store.student_days.packing import is_packed

_answer, _acted, _verdict = recommendations.c, interactions.c, attributions.c
_ROWS_AT_ONCE = 4_000
Item = tuple[int, int]
"""An item's type and key."""

_Times = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Distinct keys, and how often each was there."""

Counted = Mapping[Item, Sequence[int]]
"""The figures of items, in the order of FIGURES."""


@dataclass(frozen=True)
class Due:
    """A day to be counted, with the changes that were noted when that was found; one that has ended is packed too."""

    day: int
    changes: int
    ended: bool = False


def due(connection: Connection, today: int) -> list[Due]:
    """The days that have changed since they were counted, and those that ended and are not packed.

    The newest, then those counted longest ago.
    """
    columns = counted_days.c
    unpacked = (columns.day < today) & ~is_packed()
    query = select(columns.day, columns.changes).where((columns.changes > columns.seen) | unpacked)
    longest_ago = query.order_by(func.coalesce(columns.counted, 0), columns.day.desc())
    found = [Due(day, changes, day < today) for day, changes in connection.execute(longest_ago)]
    newest = max((one.day for one in found), default=0)
    return sorted(found, key=lambda one: one.day != newest)


def count(connection: Connection, day: int) -> Counted:
    """The figures of all items of a day."""
    period = Period(day * DAY, (day + 1) * DAY)
    found: dict[Item, list[int]] = {}
    for at, counts in (
        (0, _shown(connection, day)),
        *enumerate(_clicked(connection, period), 1),
        *enumerate(_acts(connection, period), 3),
    ):
        for item, number in counts.items():
            found.setdefault(item, [0] * len(FIGURES))[at] += number
    return found


def keep(connection: Connection, one: Due, found: Counted, now: int) -> bool:
    """Keep what was counted, unless another count of the day has come before it."""
    columns = counted_days.c
    missing = (columns.seen < one.changes) | (~is_packed() if one.ended else False)
    same = (columns.day == one.day) & (columns.changes >= one.changes) & missing
    kept = connection.execute(update(counted_days).where(same).values(seen=one.changes, counted=now))
    if not kept.rowcount:
        return False
    connection.execute(delete(item_days).where(item_days.c.day == one.day))
    rows = [(one.day, *item, *figures) for item, figures in sorted(found.items())]
    insert_rows(connection, item_days, item_days.columns.keys(), rows)
    return True


def _shown(connection: Connection, day: int) -> Counter[Item]:
    """How often each item stood in an answer; slates of erased students are gone, and not counted.

    The database joins them, so that answers that are given meanwhile hardly wait for the interpreter.
    """
    short = (func.length(_answer["items"]) == SHORT_BYTES * _answer.shown).label("short")
    slates = joined_hex(connection, _answer["items"])
    query = select(_answer.item_type, short, slates).group_by(_answer.item_type, short)
    counted: dict[int, list[_Times]] = {}
    for part in _parts(connection, day):
        for item_type, is_short, joined in connection.execute(query.where(part)):
            keys = unpacked_slates(bytes.fromhex(joined), short=is_short)
            counted.setdefault(item_type, []).append(np.unique(keys, return_counts=True))
    found: Counter[Item] = Counter()
    for item_type, parts in counted.items():
        keys, times = _together(parts)
        items = ((item_type, key) for key in keys.tolist())
        found.update(dict(zip(items, times.tolist(), strict=True)))
    return found


def _together(parts: Sequence[_Times]) -> _Times:
    """The sums of what was counted in parts."""
    keys, place = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
    times = np.bincount(place, np.concatenate([times for _, times in parts]), len(keys))
    return keys, times.astype(np.int64)


def _parts(connection: Connection, day: int) -> Iterator[ColumnElement[bool]]:
    """Conditions that so many answers of a day meet each, and all of them together."""
    identifier = _answer.recommendation_id
    since, until = day * DAY, (day + 1) * DAY
    first, end = first_id(since), first_id(until + MILLISECOND - 1)
    while True:
        # Each begins with one bound alone: with two a database may take the one that lies further back.
        rest = and_(_answer.served >= since, _answer.served < until, identifier >= first, identifier < end)
        ids = select(identifier).where(rest).order_by(identifier)
        following = connection.scalar(ids.offset(_ROWS_AT_ONCE).limit(1))
        if following is None:
            yield rest
            return
        yield and_(
            _answer.served >= since, _answer.served < until, identifier >= first, identifier < following
        )
        first = following


def _clicked(connection: Connection, period: Period) -> tuple[Counter[Item], Counter[Item]]:
    """Impressions with an attributed interaction, and those with an attributed code reveal."""
    revealed = func.max(case((_acted.interaction_type == REVEAL, 1), else_=0))
    query: Query = (
        select(_answer.item_type, _answer.shown, _answer["items"], _verdict.position, revealed)
        .select_from(recommendations)
        .join(attributions, _verdict.recommendation_id == _answer.recommendation_id)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .where(
            period.holds(_answer.served, _answer.recommendation_id),
            _verdict.outcome.in_(ATTRIBUTED),
            _verdict.position.is_not(None),
        )
        .group_by(_answer.recommendation_id, _verdict.position)
    )
    clicked: Counter[Item] = Counter()
    reveals: Counter[Item] = Counter()
    for item_type, shown, items, position, was_revealed in connection.execute(query):
        if items:
            item = (item_type, int(unpacked(items, shown)[position - 1]))
            clicked[item] += 1
            reveals[item] += was_revealed
    return clicked, reveals


def _acts(connection: Connection, period: Period) -> tuple[Counter[Item], Counter[Item]]:
    """All interactions with each item, and the code reveals among them."""
    revealed = func.sum(case((_acted.interaction_type == REVEAL, 1), else_=0))
    query: Query = (
        select(_acted.item_type, _acted.item_key, func.count(), revealed)
        .where(period.holds(_acted.event_timestamp, _acted.interaction_id))
        .group_by(_acted.item_type, _acted.item_key)
    )
    rows = connection.execute(query).all()
    return (
        Counter({(row[0], row[1]): row[2] for row in rows}),
        Counter({(row[0], row[1]): int(row[3]) for row in rows}),
    )
