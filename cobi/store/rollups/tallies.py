"""Changes of figures, added up before they are written: a commit writes each row it changes once.

They are counted by quarter of an hour; what days change by is the sum of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from operator import add
from typing import Any

from sqlalchemy import Connection, Table

from cobi.domain.moments import DAY, MILLISECOND
from cobi.store.arrivals.tally import Tally
from cobi.store.inserting import add_to_rows
from cobi.store.rollups.marks import Marks
from cobi.store.rollups.tables import ANSWERS, CLICKS, QUARTERS, ROLLUPS, Rollup

Figures = tuple[int, ...]
Cells = dict[tuple[Any, ...], Figures]
"""Figures by the values of dimensions, in the order of a table's key."""

_TIME_BYTES = 6
_FEW = 2


class Tallies:
    """How much to add to which figures."""

    def __init__(self) -> None:
        self._cells: dict[str, Cells] = {}
        self._days: set[int] = set()
        self._counted = False
        self.arrivals = Tally()

    def mark(self, moments: Iterable[int]) -> None:
        """Note that rows of these times have changed."""
        self._days.update(moment // DAY for moment in moments)

    def mark_between(self, ids: Collection[bytes]) -> None:
        """Note that these rows, whose ids begin with their times, are new or gone."""
        first, last = min(ids, default=b""), max(ids, default=b"")
        if not first:
            return
        days = day_of_id(first), day_of_id(last)
        # Mostly all are of one day; what lies between two is looked at only where that is not so.
        self._days.update(days if days[1] - days[0] < _FEW else map(day_of_id, ids))

    def mark_anew(self) -> None:
        """A day was counted in this transaction: what else changes in it is noted, also where it was noted before."""
        self._counted = True

    def add(self, rollup: Rollup, key: tuple[Any, ...], figures: Figures) -> None:
        """Add to the figures of one quarter of an hour."""
        cells = self._cells.setdefault(rollup.quarters.name, {})
        known = cells.get(key)
        cells[key] = figures if known is None else tuple(map(add, known, figures))

    def add_all(self, others: Tallies) -> None:
        """Add what others say."""
        # Also of figures that come out as they were: the rows are others.
        self._days |= others._changed()
        self._counted |= others._counted
        self.arrivals.add(others.arrivals)
        for rollup, key, figures in others.everything():
            self.add(rollup, key, figures)

    def take_back(self, others: Tallies) -> None:
        """Subtract what others say."""
        for rollup, key, figures in others.everything():
            self.add(rollup, key, tuple(-each for each in figures))

    def everything(self) -> Iterable[tuple[Rollup, tuple[Any, ...], Figures]]:
        """All that changes, with what is to be added; what does not change is left out."""
        for rollup in ROLLUPS:
            for key, figures in self.of(rollup).items():
                yield rollup, key, figures

    def of(self, rollup: Rollup) -> Cells:
        """What is to be added to one rollup, by quarter of an hour."""
        cells = self._cells.get(rollup.quarters.name, {})
        return {key: figures for key, figures in cells.items() if any(figures)}

    def rows(self) -> Iterable[tuple[Table, Cells]]:
        """What is to be added to each table that changes."""
        for rollup in ROLLUPS:
            if cells := self.of(rollup):
                yield rollup.quarters, cells
                yield rollup.days, by_day(rollup, cells)

    def copy(self) -> Tallies:
        """The same, for later."""
        copied = Tallies()
        copied.restore(self)
        return copied

    def restore(self, before: Tallies) -> None:
        """Forget what was added since a copy was made."""
        self._cells = {name: dict(cells) for name, cells in before._cells.items()}
        self._days = set(before._days)
        self._counted = before._counted
        self.arrivals = before.arrivals.copy()

    def flush(self, connection: Connection, marks: Marks | None = None) -> None:
        """Write all changes, and note the days of which rows have changed."""
        for table, cells in self.rows():
            # In the order of the key: neighbours lie on the same pages.
            add_to_rows(connection, table, [(*key, *figures) for key, figures in sorted(cells.items())])
        if marks is not None:
            if self._counted:
                marks.clear()
            marks.note(connection, self._changed())
        self.arrivals.flush(connection)
        self._cells, self._days, self._counted = {}, set(), False

    def _changed(self) -> set[int]:
        """The days of which rows have changed."""
        counted = (self._cells.get(rollup.quarters.name, ()) for rollup in (ANSWERS, CLICKS))
        return self._days.union(key[0] // QUARTERS for key in chain(*counted))


def by_day(rollup: Rollup, cells: Cells) -> Cells:
    """The same by day, in the order of that table's key."""
    found: Cells = {}
    for key, figures in cells.items():
        day = rollup.key_of_day(key)
        known = found.get(day)
        found[day] = figures if known is None else tuple(map(add, known, figures))
    return {key: figures for key, figures in found.items() if any(figures)}


def day_of_id(identifier: bytes) -> int:
    """The day an id was made on, by the time it begins with."""
    return int.from_bytes(identifier[:_TIME_BYTES], "big") * MILLISECOND // DAY
