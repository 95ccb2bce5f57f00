"""Reading the figures of items in a period."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, select

from cobi.domain.interaction import ItemType
from cobi.store.item_days.counting import Item
from cobi.store.item_days.tables import FIGURES, item_days
from cobi.store.keys import chunks
from cobi.store.rollups.tables import ANSWERS, counted_days

_columns = item_days.c
_SUMS = [func.sum(_columns[name]) for name in FIGURES]


@dataclass(frozen=True)
class Days:
    """Days since 1970 in UTC, `end` exclusive."""

    first: int
    end: int

    @property
    def condition(self) -> ColumnElement[bool]:
        """That a row's day is one of them."""
        return (_columns.day >= self.first) & (_columns.day < self.end)


@dataclass(frozen=True)
class State:
    """How far counting has come: the moment of the last count, and all changes counted until then."""

    counted: int | None
    seen: int


def state(connection: Connection) -> State:
    """What the figures are as of; another state may give other figures."""
    columns = counted_days.c
    counted, seen = connection.execute(select(func.max(columns.counted), func.sum(columns.seen))).one()
    return State(counted, int(seen or 0))


def sums(connection: Connection, days: Days) -> NDArray[np.int64]:
    """Type, key and figures of every item that has any, shape (n, 7)."""
    query = select(_columns.item_type, _columns.item_key, *_SUMS).where(days.condition)
    rows = connection.execute(query.group_by(_columns.item_type, _columns.item_key)).all()
    return np.array([[int(value) for value in row] for row in rows], np.int64).reshape(-1, 2 + len(FIGURES))


def course(connection: Connection, items: Collection[Item], days: Days) -> dict[int, list[int]]:
    """The figures of these items together on each day that has any."""
    found: dict[int, list[int]] = {}
    for kind in ItemType:
        for chunk in chunks(sorted(key for item_type, key in items if item_type == kind)):
            query = select(_columns.day, *_SUMS).where(
                days.condition, _columns.item_type == kind.value, _columns.item_key.in_(chunk)
            )
            for day, *figures in connection.execute(query.group_by(_columns.day)):
                known = found.setdefault(day, [0] * len(FIGURES))
                found[day] = [one + int(more) for one, more in zip(known, figures, strict=True)]
    return found


def regions_asked(connection: Connection, days: Days) -> set[str]:
    """The regions that answers of these days were limited to; the empty text where to several or none."""
    columns = ANSWERS.days.c
    query = select(columns.region).where(columns.day >= days.first, columns.day < days.end)
    return set(connection.scalars(query.where(columns.answers > 0).distinct()))
