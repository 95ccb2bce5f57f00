"""Changes of figures, added up before they are written: a commit writes each row it changes once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import add
from typing import Any

from sqlalchemy import Connection, Table

from cobi.domain.moments import DAY, MILLISECOND
from cobi.store.arrivals.tally import Tally
from cobi.store.dialect import run
from cobi.store.rollups.marks import Marks
from cobi.store.rollups.tables import ROLLUPS, daily_answers, daily_clicks

Figures = tuple[int, ...]
Cells = dict[tuple[Any, ...], Figures]
"""Figures by the values of a table's dimensions."""

_ROWS_AT_ONCE = 500
_TIME_BYTES = 6
_FEW = 2


class Tallies:
    """How much to add to which figures."""

    def __init__(self) -> None:
        self._cells: dict[str, Cells] = {}
        self._days: set[int] = set()
        self.arrivals = Tally()

    def mark(self, moments: Iterable[int]) -> None:
        """Note that rows of these times have changed."""
        self._days.update(moment // DAY for moment in moments)

    def mark_between(self, ids: Collection[bytes]) -> None:
        """Note that these rows, whose ids begin with their times, are new."""
        first, last = min(ids, default=b""), max(ids, default=b"")
        if not first:
            return
        days = _day(first), _day(last)
        # Mostly all are of one day; what lies between two is looked at only where that is not so.
        self._days.update(days if days[1] - days[0] < _FEW else map(_day, ids))

    def add(self, table: Table, key: tuple[Any, ...], figures: Figures) -> None:
        """Add to the figures of one row."""
        cells = self._cells.setdefault(table.name, {})
        known = cells.get(key)
        cells[key] = figures if known is None else tuple(map(add, known, figures))

    def add_all(self, others: Tallies) -> None:
        """Add what others say."""
        self._days |= others._days
        self.arrivals.add(others.arrivals)
        for table, key, figures in others.everything():
            self.add(table, key, figures)

    def take_back(self, others: Tallies) -> None:
        """Subtract what others say."""
        for table, key, figures in others.everything():
            self.add(table, key, tuple(-each for each in figures))

    def everything(self) -> Iterable[tuple[Table, tuple[Any, ...], Figures]]:
        """Each row that changes, with what is to be added; rows that do not change are left out."""
        for table in ROLLUPS:
            for key, figures in self._cells.get(table.name, {}).items():
                if any(figures):
                    yield table, key, figures

    def of(self, table: Table) -> Mapping[tuple[Any, ...], Figures]:
        """What is to be added to one table."""
        return {key: figures for of, key, figures in self.everything() if of is table}

    def copy(self) -> Tallies:
        """The same, for later."""
        copied = Tallies()
        copied.restore(self)
        return copied

    def restore(self, before: Tallies) -> None:
        """Forget what was added since a copy was made."""
        self._cells = {name: dict(cells) for name, cells in before._cells.items()}
        self._days = set(before._days)
        self.arrivals = before.arrivals.copy()

    def flush(self, connection: Connection, marks: Marks | None = None) -> None:
        """Write all changes, and note the days of which rows have changed."""
        for table in ROLLUPS if self._cells else ():
            # In the order of the key: neighbours lie on the same pages.
            rows = sorted(self.of(table).items()) if table.name in self._cells else []
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                _write(connection, table, [(*key, *figures) for key, figures in rows[start:][:_ROWS_AT_ONCE]])
        days = self._days.union(
            key[0] for table in (daily_answers, daily_clicks) for key in self._cells.get(table.name, ())
        )
        if marks is not None:
            marks.note(connection, days)
        self.arrivals.flush(connection)
        self._cells, self._days = {}, set()


def _day(identifier: bytes) -> int:
    return int.from_bytes(identifier[:_TIME_BYTES], "big") * MILLISECOND // DAY


def _write(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    run(connection, _statement(table.name, len(rows)), tuple(chain.from_iterable(rows)))


@cache
def _statement(name: str, rows: int) -> str:
    table = next(table for table in ROLLUPS if table.name == name)
    keys, columns = table.primary_key.columns.keys(), table.columns.keys()
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    changes = ", ".join(f"{one} = {name}.{one} + excluded.{one}" for one in columns if one not in keys)
    return (
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES {values} "  # noqa: S608 (the schema's own names)
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )
