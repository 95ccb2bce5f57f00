"""How often somebody may try to sign in."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cobi.domain.errors import TooManyRequests

MOST_FAILURES = 10
"""Of one address in a minute, at each server process."""

_WINDOW_SECONDS = 60
_MOST_ADDRESSES = 10_000


class Attempts:
    """Failed attempts of this minute by address; a key has 256 random bits, so this spares work, not secrets."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._minute = 0
        self._failures: dict[str, int] = {}

    def admit(self, address: str) -> None:
        """Let an attempt be made; raises TooManyRequests after too many that failed."""
        now = self._seconds()
        with self._lock:
            if self._now(now).get(address, 0) >= MOST_FAILURES:
                left = _WINDOW_SECONDS - int(now % _WINDOW_SECONDS)
                raise TooManyRequests("too many attempts to sign in came from this address", retry_after=left)

    def failed(self, address: str) -> None:
        """Note that an attempt failed."""
        with self._lock:
            failures = self._now(self._seconds())
            if address in failures or len(failures) < _MOST_ADDRESSES:
                failures[address] = failures.get(address, 0) + 1

    def _now(self, now: float) -> dict[str, int]:
        minute = int(now // _WINDOW_SECONDS)
        if minute != self._minute:
            self._minute, self._failures = minute, {}
        return self._failures
