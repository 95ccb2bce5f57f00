"""What an organisation can have done with its segments."""

from __future__ import annotations

from typing import Any

from cobi.actions import segment
from cobi.service.core import Core


class Segments:
    """Named rules over students."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(self, document: Any) -> dict[str, Any]:
        """Store a segment."""
        now, today = self._core.clock(), self._core.local_now().date()
        return self._core.write(lambda transaction: segment.create(transaction, document, now, today))

    def read(self, segment_id: bytes) -> dict[str, Any]:
        """One segment with its live size."""
        with self._core.reading() as connection:
            return segment.show(connection, segment_id, self._core.local_now().date())

    def list(self) -> dict[str, Any]:
        """All segments."""
        with self._core.reading() as connection:
            return segment.list_all(connection, self._core.local_now().date())
