"""What an organisation can have done with its segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cobi.actions.segments import manage, naming, shown
from cobi.actions.segments.crowds import Crowds
from cobi.actions.segments.preview import preview
from cobi.actions.segments.suggest import suggest
from cobi.domain.moments import from_datetime
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import When
from cobi.service.core import Core
from cobi.service.shelves import Shelves
from cobi.store import catalogue_search


class Segments:
    """Named rules over students."""

    def __init__(self, core: Core, shelves: Shelves, crowds: Crowds) -> None:
        self._core = core
        self._shelves = shelves
        self._crowds = crowds

    def create(self, document: Any) -> dict[str, Any]:
        """Store a segment."""
        when = self._when()
        return self._core.write(lambda transaction: manage.create(transaction, document, when))

    def change(self, segment_id: bytes, document: Any) -> dict[str, Any]:
        """Give a segment another name and rule."""
        when = self._when()
        return self._core.write(lambda transaction: manage.change(transaction, segment_id, document, when))

    def delete(self, segment_id: bytes) -> dict[str, Any]:
        """Let a segment be no more."""
        now = self._core.clock()
        return self._core.write(lambda transaction: manage.delete(transaction, segment_id, now))

    def read(self, segment_id: bytes) -> dict[str, Any]:
        """One segment with its size."""
        with self._core.reading() as connection:
            return manage.show(connection, segment_id, self._when(), self._crowds)

    def list(self, offers: int = 0, patience: float = manage.COUNTING_SECONDS) -> dict[str, Any]:
        """All segments; with so many of the `offers` that each would be shown."""
        when, local_now = self._when(), self._core.local_now()
        with self._core.reading() as connection:
            listed = manage.list_all(connection, when, self._crowds, patience)
            if not offers:
                return listed
            shelf = self._shelves.stocked(connection)
            return shown.with_offers(connection, shelf, self._crowds, listed, (when, local_now), offers)

    def names(self, rules: Sequence[Any]) -> dict[str, str]:
        """What the ids in rules are called."""
        with self._core.reading() as connection:
            return naming.names(connection, [parse_rule(one) for one in rules])

    def resolve(self, kind: str, name: str) -> Sequence[str]:
        """The ids that a name stands for; raises InvalidRequest."""
        with self._core.reading() as connection:
            return naming.resolve(connection, kind, name)

    def choices(self, kind: str, most: int) -> Sequence[str]:
        """Names of a kind to choose from."""
        with self._core.reading() as connection:
            return catalogue_search.choices(connection, kind, most)

    def preview(self, document: Any) -> dict[str, Any]:
        """What a rule would come to."""
        local_now = self._core.local_now()
        with self._core.reading() as connection:
            shelf = self._shelves.stocked(connection)
            return preview(connection, shelf, self._crowds, document, self._when(), local_now)

    def suggestions(self) -> dict[str, Any]:
        """Segments found in what students do."""
        with self._core.reading() as connection:
            return suggest(connection, self._shelves.stocked(connection), self._when())

    def _when(self) -> When:
        local_now = self._core.local_now()
        return When(from_datetime(local_now), local_now.date())
