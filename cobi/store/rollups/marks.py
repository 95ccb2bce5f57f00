"""Which days have changed since experiments counted them, noted once for each count and not with every commit."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from cobi.store.dialect import run


class Marks:
    """What is known to be noted; before the first experiment nothing needs to be."""

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
        new = set(days) - self._noted if self._revision else ()
        for day in sorted(new):
            run(connection, "INSERT INTO stale_days (day) VALUES (?) ON CONFLICT DO NOTHING", (day,))
        self._noted.update(new)

    def clear(self) -> None:
        """Forget everything, because a transaction did not come about."""
        self._noted.clear()
