"""The shelf of a process: stocked once, and anew when the catalogue or the live model has changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from cobi.actions.ranking.shelf import Shelf, current_revision, revision_of, stock
from cobi.store.database import Connection


class Shelves:
    """The newest shelf; safe to ask from several threads."""

    def __init__(self) -> None:
        self._shelf: Shelf | None = None
        self._stocking = threading.Lock()

    def at_hand(self, moved: Mapping[str, int]) -> Shelf | None:
        """The shelf as of these counters; None where it would have to be stocked first."""
        shelf = self._shelf
        return shelf if shelf is not None and shelf.revision == revision_of(moved) else None

    def stocked(self, connection: Connection) -> Shelf:
        """The shelf as of this moment."""
        shelf, revision = self._shelf, current_revision(connection)
        if shelf is not None and shelf.revision == revision:
            return shelf
        with self._stocking:
            if self._shelf is None or self._shelf.revision != revision:
                self._shelf = stock(connection, self._shelf)
            return self._shelf
