"""What an organisation can choose for itself while everything runs."""

from __future__ import annotations

from typing import Any

from cobi.actions import organisation_settings
from cobi.service.core import Core
from cobi.service.own_limits import OwnLimits


class OrganisationSettings:
    """Declared in `domain.organisation_settings`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.limits = OwnLimits(core)

    def show(self) -> dict[str, Any]:
        """All settings with their values."""
        with self._core.reading() as connection:
            return organisation_settings.show(connection)

    def change(self, document: Any, by: str = "a program") -> dict[str, Any]:
        """Choose values by name, null for the default; all or none."""
        now = self._core.clock()
        told = self._core.write(
            lambda transaction: organisation_settings.change(transaction, document, now, by)
        )
        self.limits.forget()
        return told

    def foretell(self, document: Any) -> dict[str, Any]:
        """What choosing these values would change, and what that would do; nothing is changed."""
        with self._core.reading() as connection:
            return organisation_settings.foretell(connection, document)

    def changes(self, limit: int, cursor: str | None = None) -> dict[str, Any]:
        """A page of who changed what, the newest first."""
        with self._core.reading() as connection:
            return organisation_settings.changes(connection, limit, cursor)
