"""What an organisation can have done with its segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cobi.actions.segments import manage, naming, shown
from cobi.actions.segments.crowds import Crowds, Stand
from cobi.actions.segments.preview import at_once, at_once_of, preview
from cobi.actions.segments.suggest import suggest
from cobi.domain.moments import from_datetime
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import When
from cobi.service.core import Core
from cobi.service.shelves import Shelves
from cobi.store import catalogue_search
from cobi.store.database import Connection

USUAL_PATIENCE = manage.COUNTING_SECONDS, shown.PATIENCE_SECONDS


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

    def describe(self, segment_id: bytes) -> dict[str, Any]:
        """One segment without its size."""
        with self._core.reading() as connection:
            return manage.describe(connection, segment_id)

    def list(self, offers: int = 0, patience: tuple[float, float] = USUAL_PATIENCE) -> dict[str, Any]:
        """All segments; with so many of the `offers` that each would be shown.

        Seconds to count for and seconds to see what they get: what would take longer is null.
        """
        to_count, to_look = patience
        with self._core.reading() as connection:
            listed = manage.list_all(connection, self._when(), self._crowds, to_count)
            return shown.with_offers(self._stand(connection), listed, offers, to_look) if offers else listed

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
        with self._core.reading() as connection:
            return preview(self._stand(connection), document)

    def at_once(self, rule: Any, most: int, seconds: float) -> dict[str, Any]:
        """How many meet a rule; of at most so many also who, and what they get, as far as that is known at once."""
        parsed = parse_rule(rule)
        with self._core.reading() as connection:
            return at_once(self._stand(connection), parsed, most, seconds)

    def suggestions(self) -> dict[str, Any]:
        """Segments found in what students do."""
        with self._core.reading() as connection:
            return suggest(connection, self._shelves.stocked(connection), self._when())

    def at_once_of(self, segment_id: bytes, most: int, seconds: float) -> dict[str, Any]:
        """The same of a segment."""
        with self._core.reading() as connection:
            stand = self._stand(connection)
            return at_once_of(stand, manage.find(connection, segment_id), most, seconds)

    def _stand(self, connection: Connection) -> Stand:
        shelf = self._shelves.stocked(connection)
        return Stand(connection, shelf, self._crowds, self._when(), self._core.local_now())

    def _when(self) -> When:
        local_now = self._core.local_now()
        return When(from_datetime(local_now), local_now.date())
