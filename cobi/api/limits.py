"""Rate limits per key (D3): a fixed window of one minute, counted in this process."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cobi.domain.errors import TooManyRequests

_WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Quota:
    """What is left to a key in its window; `resets_in` in whole seconds, rounded up."""

    limit: int
    remaining: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        """The fields of the IETF draft draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit": f'"minute";r={max(self.remaining, 0)};t={self.resets_in}',
            "RateLimit-Policy": f'"minute";q={self.limit};w={_WINDOW_SECONDS}',
        }


class Limiter:
    """At most `limit` requests of each key in a minute; 0 = unlimited."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[int, tuple[float, int]] = {}

    def count(self, key: int) -> Quota | None:
        """Count a request and say what is left; None where nothing limits."""
        if self._limit == 0:
            return None
        now = self._clock()
        with self._lock:
            start, used = self._windows.get(key, (now, 0))
            if now - start >= _WINDOW_SECONDS:
                start, used = now, 0
            self._windows[key] = (start, used + 1)
        resets_in = max(1, math.ceil(start + _WINDOW_SECONDS - now))
        return Quota(self._limit, self._limit - used - 1, resets_in)


def enforce(quota: Quota | None) -> None:
    """Turn a request away that is one too many; raises TooManyRequests."""
    if quota is not None and quota.remaining < 0:
        message = f"this key may send {quota.limit} such requests a minute"
        raise TooManyRequests(message, retry_after=quota.resets_in)
