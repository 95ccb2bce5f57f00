"""How often the organisation lets its keys ask, as it has chosen for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from cobi.actions import organisation_settings
from cobi.service.core import Core

_REMEMBERED_SECONDS = 2.0


class Chosen(NamedTuple):
    """Requests of each key in a minute; 0 = only the server's own limit holds."""

    recommendations: int
    data: int


class OwnLimits:
    """Remembered for two seconds: that long after a change other processes may go by what was chosen before."""

    def __init__(self, core: Core, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._core = core
        self._monotonic = monotonic
        self._until = 0.0
        self._known: Chosen | None = None

    def remembered(self) -> Chosen | None:
        """What is known; None where it has to be looked up, which of many callers at once only the first is told."""
        now = self._monotonic()
        if self._known is not None and now >= self._until:
            self._until = now + _REMEMBERED_SECONDS
            return None
        return self._known

    def look(self) -> Chosen:
        """Look it up."""
        with self._core.reading() as connection:
            values = organisation_settings.values(connection)
        found = Chosen(values["recommendations_per_minute"], values["data_requests_per_minute"])
        self._known, self._until = found, self._monotonic() + _REMEMBERED_SECONDS
        return found

    def forget(self) -> None:
        """Look it up with the next request: it has been changed here."""
        self._known = None
