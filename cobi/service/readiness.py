"""Whether requests can be worked on, and what is in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cobi.domain.errors import StorageUnavailable
from cobi.service.registry import Registry

OK = "ok"

_KEPT_SECONDS = 1.0


class Readiness:
    """Looks at the databases and their writers; asked more often than once a second it repeats itself."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._clock = clock
        self._lock = threading.Lock()
        self._last: tuple[float, dict[str, str]] | None = None

    def __call__(self) -> dict[str, str]:
        """What is to be said of the databases, their schemas and their writers: `ok`, or what is wrong."""
        with self._lock:
            if self._last is None or self._clock() >= self._last[0] + _KEPT_SECONDS:
                checks = look(self._registry)
                self._last = self._clock(), checks
            return self._last[1]


def look(registry: Registry) -> dict[str, str]:
    """The checks, made now; of organisations those that this process has opened."""
    silent, outdated, dead = 0, 0, 0
    services = registry.opened()
    for current in (registry.schema_is_current, *(service.schema_is_current for service in services)):
        try:
            outdated += not current()
        except StorageUnavailable:
            silent += 1
    dead = sum(not service.writer_lives for service in services)
    asked = len(services) + 1
    return {
        "databases": f"{silent} of {asked} do not answer" if silent else OK,
        "schema": f"{outdated} of {asked} are not of this version; restart Cobi" if outdated else OK,
        "writers": f"{dead} of {len(services)} have ended; restart Cobi" if dead else OK,
    }
