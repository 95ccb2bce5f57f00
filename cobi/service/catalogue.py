"""What an organisation can look up of its catalogue."""

from __future__ import annotations

import time
from math import inf
from typing import Any

from cobi.actions.catalogue import counting, item, listing
from cobi.actions.catalogue.listing import Stand
from cobi.actions.catalogue.performance import Performances
from cobi.domain.catalogue import Looking
from cobi.service.answers import Answers
from cobi.service.core import Core
from cobi.service.shelves import Shelves
from cobi.store.database import Connection

COUNTED_EVERY_SECONDS = 60.0
SHARE = 50
"""So many times as long as the newest day took to count passes before the next count."""

OLDER_SECONDS = 3.0
"""So long are older days counted each time: an erased history has changed hundreds, and nobody is to wait for them."""

LOOKED_LATELY_SECONDS = 3600.0


class Catalogue:
    """Shops, offers, tags and keywords."""

    def __init__(self, core: Core, shelves: Shelves, answers: Answers) -> None:
        self._core = core
        self._shelves = shelves
        self._answers = answers
        self._performances = Performances()
        self._next_count = 0.0
        self._looked = float("-inf")

    def search(self, kind: str, text: str | None, limit: int, cursor: str | None = None) -> dict[str, Any]:
        """A page of items of a kind, by what they are called."""
        with self._core.reading() as connection:
            return listing.listing(connection, kind, text, limit, cursor)

    def look(self, asked: Looking, limit: int, cursor: str | None = None) -> dict[str, Any]:
        """A page of items with how they did."""
        self._looked = time.monotonic()
        with self._core.reading() as connection:
            return listing.looked_through(self._stand(connection), asked, limit, cursor)

    def item(self, kind: str, identifier: bytes, period: tuple[int, int] | None = None) -> dict[str, Any]:
        """One item, with how it did in a period of days."""
        with self._core.reading() as connection:
            return item.item(self._stand(connection), kind, identifier, period)

    def similar(self, kind: str, identifier: bytes, limit: int) -> dict[str, Any]:
        """What resembles an item; neither logged nor counted."""
        with self._core.reading() as connection:
            return item.similar(self._answers.maker(connection), kind, identifier, limit)

    def count(self) -> bool:
        """Count how items did on all the days that have changed since; False where there are none."""
        return self._count(inf) is not None

    def keep_counted(self) -> None:
        """Count where it is time to: the longer the newest day takes, the seldomer; of older days some at a time."""
        if time.monotonic() < self._next_count:
            return
        took = self._count(OLDER_SECONDS)
        if took is not None:
            self._read_ahead()
            self._next_count = time.monotonic() + max(COUNTED_EVERY_SECONDS, SHARE * took)

    def _count(self, enough: float) -> float | None:
        """How many seconds the newest day took; None where nothing has changed."""
        core = self._core
        with core.reading() as connection:
            due = counting.is_due(connection, core.clock())
        return counting.count_all(core.write, core.reading, core.clock(), enough) if due else None

    def _read_ahead(self) -> None:
        """Read the usual period while nobody waits for it, where somebody has looked at the catalogue lately."""
        if time.monotonic() - self._looked < LOOKED_LATELY_SECONDS:
            with self._core.reading() as connection:
                stand = self._stand(connection)
                stand.performances.of(connection, stand.shelf, listing.days_of(None, stand.now))

    def _stand(self, connection: Connection) -> Stand:
        shelf = self._shelves.stocked(connection)
        return Stand(connection, shelf, self._performances, self._core.local_now())
