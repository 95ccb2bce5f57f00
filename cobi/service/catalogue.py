"""What an organisation can look up of its catalogue."""

from __future__ import annotations

from typing import Any

from cobi.actions.catalogue.listing import listing
from cobi.service.core import Core


class Catalogue:
    """Shops, offers, tags and keywords."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def search(self, kind: str, text: str | None, limit: int, cursor: str | None = None) -> dict[str, Any]:
        """A page of items of a kind, by what they are called."""
        with self._core.reading() as connection:
            return listing(connection, kind, text, limit, cursor)
