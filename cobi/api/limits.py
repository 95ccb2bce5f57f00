"""Rate limits per key (D3): a fixed window of one minute, counted over all processes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cobi.domain.errors import TooManyRequests

_WINDOW_SECONDS = 60
_MOST_TAKES = 6000
"""How often in a minute a key's counter is asked at most; asking takes 0.2 ms in SQLite, 0.5 ms in PostgreSQL."""


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


class Take(Protocol):
    """The counter that all processes share."""

    def __call__(self, key: int, kind: str, minute: int, number: int) -> tuple[int, int]:
        """Take a number of requests at once: the minute they count in, and how many are taken of it with these."""
        ...


@dataclass
class _Hand:
    """What this process holds for a key: requests it has taken but not let through, and how many are left to take."""

    minute: int
    held: int
    left: int


class Limiter:
    """At most `limit` requests of each key in a minute of the wall clock, over all processes; 0 = unlimited.

    Where an organisation has chosen an `own` limit, the lower of both holds; a higher one from the next minute on.

    Up to 6000 a minute each request is taken from the shared counter by itself, so the limit is exact. Above, a
    process takes 1/6000 of the limit at a time: never more are let through, but what a process took and did not
    need is missing to the others until the minute is over. A key that has used its minute up is turned away
    without asking again.
    """

    def __init__(self, kind: str, limit: int, take: Take, clock: Callable[[], float]) -> None:
        self._kind = kind
        self._limit = limit
        self._take = take
        self._clock = clock
        self._lock = threading.Lock()
        self._hands: dict[int, _Hand] = {}

    def limit(self, own: int = 0) -> int:
        """What holds where an organisation has chosen its own; 0 = nothing is counted."""
        return min(self._limit, own) if self._limit and own else self._limit or own

    def count_from_hand(self, key: int, own: int = 0) -> Quota | None:
        """Count a request without asking the shared counter; None where that has to be asked."""
        now, limit = self._clock(), self.limit(own)
        with self._lock:
            hand = self._hands.get(key)
            if hand is None or not 0 <= hand.minute - _minute(now) <= 1:
                return None
            if hand.held > 0:
                hand.held -= 1
                return _quota(limit, hand, now)
            return _refusal(limit, hand, now) if hand.left == 0 else None

    def count(self, key: int, own: int = 0) -> Quota | None:
        """Count a request and say what is left; None where nothing limits."""
        limit = self.limit(own)
        if not limit:
            return None
        quota = self.count_from_hand(key, own)
        if quota is not None:
            return quota
        now, at_once = self._clock(), max(1, limit // _MOST_TAKES)
        minute, used = self._take(key, self._kind, _minute(now), at_once)
        granted = max(0, min(at_once, limit - used + at_once))
        with self._lock:
            hand = self._hands.get(key)
            if hand is None or hand.minute != minute:
                if hand is not None and hand.minute == minute + 1:
                    # The minute ended while the counter was asked; what it granted was for that minute.
                    return Quota(limit, max(0, limit - used) if granted else -1, 1)
                hand = self._hands[key] = _Hand(minute, 0, limit)
            hand.left = max(0, min(hand.left, limit - used))
            if granted == 0:
                return _refusal(limit, hand, now)
            hand.held += granted - 1
            return _quota(limit, hand, now)


def _quota(limit: int, hand: _Hand, now: float) -> Quota:
    return Quota(limit, hand.left + hand.held, _resets_in(hand, now))


def _refusal(limit: int, hand: _Hand, now: float) -> Quota:
    return Quota(limit, -1, _resets_in(hand, now))


def _minute(now: float) -> int:
    return int(now // _WINDOW_SECONDS)


def _resets_in(hand: _Hand, now: float) -> int:
    return max(1, math.ceil((hand.minute + 1) * _WINDOW_SECONDS - now))


def enforce(quota: Quota | None) -> None:
    """Turn a request away that is one too many; raises TooManyRequests."""
    if quota is not None and quota.remaining < 0:
        message = f"this key may send {quota.limit} such requests a minute"
        raise TooManyRequests(message, retry_after=quota.resets_in)
