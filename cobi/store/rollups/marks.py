"""Which days have changed since they were counted, noted once for each count and not with every commit."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from cobi.store.dialect import run

_NOTE = """INSERT INTO counted_days (day, changes, seen, gathered) VALUES (?, 1, 0, 0)
ON CONFLICT (day) DO UPDATE SET changes = counted_days.changes + 1"""


class Marks:
    """What is known to be noted."""

    def __init__(self) -> None:
        self._revision = 0
        self._noted: set[int] = set()

    def renew(self, revision: int) -> None:
        """Forget what was noted before the last count, by the revision of COUNTED."""
        if revision != self._revision:
            self._revision = revision
            self._noted.clear()

    def note(self, connection: Connection, days: Iterable[int]) -> None:
        """Note that rows of these days have changed."""
        new = set(days) - self._noted
        for day in sorted(new):
            run(connection, _NOTE, (day,))
        self._noted.update(new)

    def clear(self) -> None:
        """Forget everything: a transaction did not come about, or it counted days itself."""
        self._noted.clear()
