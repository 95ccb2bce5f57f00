"""What an organisation can look up of its students."""

from __future__ import annotations

from typing import Any

from cobi.actions.students import find, timeline
from cobi.service.answers import Answers
from cobi.service.core import Core


class Students:
    """One student at a time; nothing of it is logged or counted."""

    def __init__(self, core: Core, answers: Answers) -> None:
        self._core = core
        self._answers = answers

    def search(self, identifier: bytes | None) -> dict[str, Any]:
        """Students by an id of theirs, or who was here last."""
        with self._core.reading() as connection:
            return find.search(connection, identifier)

    def read(self, customer_id: bytes) -> dict[str, Any]:
        """Who a student is."""
        with self._core.reading() as connection:
            return find.profile(self._answers.maker(connection), customer_id)

    def timeline(self, customer_id: bytes, limit: int, cursor: str | None) -> dict[str, Any]:
        """A page of what a student did and was shown."""
        with self._core.reading() as connection:
            return timeline.timeline(connection, customer_id, limit, cursor)
