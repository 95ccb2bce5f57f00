"""Rate limits per key (D3): a fixed window of one minute, counted in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cobi.domain.errors import TooManyRequests

_WINDOW_SECONDS = 60.0


class Limiter:
    """At most `limit` requests of each key in a minute; 0 = unlimited."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[int, tuple[float, int]] = {}

    def count(self, key: int) -> None:
        """Count a request; raises TooManyRequests when it is one too many."""
        if self._limit == 0:
            return
        now = self._clock()
        with self._lock:
            start, used = self._windows.get(key, (now, 0))
            if now - start >= _WINDOW_SECONDS:
                start, used = now, 0
            self._windows[key] = (start, used + 1)
        if used >= self._limit:
            wait = max(1, int(start + _WINDOW_SECONDS - now) + 1)
            raise TooManyRequests(f"this key may send {self._limit} such requests a minute", retry_after=wait)
