"""What an organisation's students are answered, and what is known of past answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.recommending import recommend, retell, view
from cobi.actions.segments.crowds import Crowds
from cobi.actions.students.glance import glance
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.core import Core
from cobi.service.counting import count_answers
from cobi.service.desk import Desk, Question
from cobi.service.shelves import Shelves
from cobi.store.database import Connection
from cobi.store.line import Ticket


class Answers:
    """Ranked from the process's shelf, and logged before they are sent."""

    def __init__(self, core: Core, shelves: Shelves, crowds: Crowds) -> None:
        self._core = core
        self._shelves = shelves
        self._crowds = crowds
        self._desk = Desk(core, self.maker, self._maker_at_hand)

    def ask(self, customer_id: bytes, wanted: Wanted) -> Future[list[Recommendation]]:
        """What a student should see, for a plain wish; done once it is logged."""
        return self._desk.ask((customer_id, wanted))

    def ask_all(self, questions: Sequence[tuple[Question, Ticket]]) -> None:
        """As `ask`, of several callers, who hear by their tickets."""
        self._desk.ask_all(questions)

    def close(self) -> None:
        """Answer what waits."""
        self._desk.close()

    def for_customer(self, customer_id: bytes, wanted: Wanted) -> list[Recommendation]:
        """What a student should see; logged when this returns."""
        with self._core.reading() as connection:
            maker = self.maker(connection)
            answers = recommend.for_customer(maker, customer_id, wanted)
        return self._logged(answers)

    def for_segment(self, segment_id: bytes, wanted: Wanted) -> Recommendation:
        """What a segment's members should see; logged when this returns."""
        with self._core.reading() as connection:
            maker = self.maker(connection)
            answer = recommend.for_segment(maker, segment_id, wanted)
        return self._logged([answer])[0]

    def for_offer(self, offer_id: bytes, wanted: Wanted) -> Recommendation:
        """What resembles an offer; logged when this returns."""
        with self._core.reading() as connection:
            maker = self.maker(connection)
            answer = recommend.for_offer(maker, offer_id, wanted)
        return self._logged([answer])[0]

    def retell(self, recommendation_id: bytes, missing: bytes | None = None) -> dict[str, Any]:
        """A past answer with its reasons, and why an item is not in it."""
        with self._core.reading() as connection:
            return retell.retell(self.maker(connection), recommendation_id, missing)

    def glance(self, customer_id: bytes, wanted: Wanted, missing: bytes | None = None) -> dict[str, Any]:
        """What a student would be shown now and why, and why not an item; nothing is logged or counted."""
        with self._core.reading() as connection:
            return glance(self.maker(connection), customer_id, wanted, missing)

    def view(self, recommendation_id: bytes, document: Any) -> dict[str, Any]:
        """Note which places of an answer came into view."""
        positions, now = view.positions_of(document), self._core.clock()
        return self._core.write(lambda transaction: view.view(transaction, recommendation_id, positions, now))

    def maker(self, connection: Connection) -> recommend.Maker:
        """What answers are made with, as of now."""
        return self._maker(connection, self._shelves.stocked(connection))

    def _maker_at_hand(self, connection: Connection, moved: Mapping[str, int]) -> recommend.Maker | None:
        """The same, as of these counters; None where the shelf is of others."""
        shelf = self._shelves.at_hand(moved)
        return None if shelf is None else self._maker(connection, shelf)

    def _maker(self, connection: Connection, shelf: Shelf) -> recommend.Maker:
        core = self._core
        signature = core.rules.claims.signature
        return recommend.Maker(connection, shelf, self._crowds, signature, core.local_now())

    def _logged(self, answers: list[recommend.Answer]) -> list[Recommendation]:
        database = self._core.database
        database.settled(database.write_to(recommend.log, answers, len(answers)))
        count_answers(self._core.meter, answers)
        return [answer.recommendation for answer in answers]
