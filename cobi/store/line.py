"""Where writes wait for the writer: in the order they came, bounded in number and in records."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cobi.domain.errors import Overloaded

MAX_WAITING = 512
"""How many writes may wait before the next one is turned away."""

MAX_WEIGHT = 60_000
"""How many records may wait before the next ones are turned away: read and waiting, each holds about 2 KiB."""

MOST_PER_COMMIT = 128
"""How many writes may share one transaction."""

HEAVY = 2_500
"""With so many records a commit is worth its wait, and the next begins sooner than it would with more."""


class Ticket(Protocol):
    """What a caller waits with, as `concurrent.futures.Future` is one."""

    def set_running_or_notify_cancel(self) -> bool:
        """Begin, unless the caller has given up; from then on it cannot."""
        ...

    def set_result(self, result: Any) -> None:
        """Tell the caller what came of it."""
        ...

    def set_exception(self, exception: BaseException) -> None:
        """Tell the caller why nothing came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What one caller waits for; `weight` is its share of the line, in records."""

    action: Callable[..., Any]
    item: Any
    weight: int
    ticket: Ticket


class Line:
    """Safe to join from several threads; one takes."""

    def __init__(self, most: int, most_weight: int, most_together: int) -> None:
        self._most = most
        self._most_weight = most_weight
        self._most_together = most_together
        self._entries: deque[Entry] = deque()
        self._weight = 0
        self._closed = False
        self._changed = threading.Condition(threading.Lock())

    def __len__(self) -> int:
        return len(self._entries)

    def join(self, entries: Sequence[Entry]) -> list[tuple[Entry, Overloaded]]:
        """Wait at the end; answers which are turned away, and why."""
        refused: list[tuple[Entry, Overloaded]] = []
        with self._changed:
            for entry in entries:
                reason = self._reason_against(entry.weight)
                if reason is not None:
                    refused.append((entry, Overloaded(f"{reason}; nothing of this request was stored")))
                else:
                    self._entries.append(entry)
                    self._weight += entry.weight
            self._changed.notify()
        return refused

    def _reason_against(self, weight: int) -> str | None:
        if self._closed:
            return "the server is stopping"
        # What is too heavy for any line still has its turn where nothing waits.
        if self._weight and self._weight + weight > self._most_weight:
            return "too many records are waiting"
        return "too many writes are waiting" if len(self._entries) >= self._most else None

    def wait(self, seconds: float | None = None) -> bool | None:
        """Wait until somebody does (True), until so many seconds are over (False), or until nobody will (None)."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self._closed, seconds)
            return True if self._entries else None if self._closed else False

    def take(self) -> list[Entry]:
        """The next ones that may share a transaction."""
        taken: list[Entry] = []
        weight = 0
        with self._changed:
            while self._entries and len(taken) < self._most_together and weight < HEAVY:
                taken.append(entry := self._entries.popleft())
                weight += entry.weight
            self._weight -= weight
        return taken

    def close(self) -> None:
        """Let nobody else join."""
        with self._changed:
            self._closed = True
            self._changed.notify()
