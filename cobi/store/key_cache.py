"""What is known of ids and their keys: bounded, filled by the writer, and looked at by those who prepare a write.

Only what was found is kept, so an id uploaded a moment ago by another process is never taken for unknown. What can
stop being true (a student is deleted, a pseudonym changes hands) moves the `identities` revision, which empties it.
That a pseudonym is no student's is true until the next student arrives.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Protocol

_MOST_CACHED = 1_000_000
NOBODY = 0
"""Stands for the newest student where there is none."""

_NEVER = -1


class Keys(Protocol):
    """What is known of ids and their keys, and where more can be noted."""

    def space(self, name: str) -> dict[Any, int]:
        """The map of one namespace."""
        ...

    def remember(self, name: str, found: dict[Any, int]) -> bool:
        """Add what was found; False when that could not be done without forgetting any."""
        ...

    def crowd_in(self, name: str, found: dict[Any, int]) -> None:
        """Add what was found in the place of what has been known longest."""
        ...

    def strangers(self, newest: int) -> AbstractSet[bytes]:
        """Pseudonyms that are no student's as long as this student is the newest."""
        ...

    def remember_strangers(self, newest: int, identities: Collection[bytes]) -> None:
        """Add such pseudonyms."""
        ...


class KeyCache:
    """Bounded maps from ids to keys, one for each namespace, filled by the one writer.

    Others may look, and add what they found as of a `generation`, through a `Glance`.
    """

    def __init__(self, most: int = _MOST_CACHED) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._spaces: dict[str, dict[Any, int]] = {}
        self._strangers: set[bytes] = set()
        self._newest = NOBODY
        self.revision = _NEVER
        self.generation = 0

    def glance(self) -> Glance:
        """A look at what is known now."""
        with self._lock:
            return Glance(self, self.generation, self.revision)

    def space(self, name: str) -> dict[Any, int]:
        """The map of one namespace."""
        return self._spaces.setdefault(name, {})

    def remember(self, name: str, found: dict[Any, int], generation: int | None = None) -> bool:
        """Add what was found; False when there is no room, or what is known is of another generation."""
        with self._lock:
            space = self.space(name)
            if generation not in (None, self.generation) or len(space) + len(found) > self._most:
                return False
            space.update(found)
            return True

    def crowd_in(self, name: str, found: dict[Any, int]) -> None:
        """Add what was found; the longest-known half goes when the map is full."""
        with self._lock:
            space = self.space(name)
            space.update(found)
            if len(space) > self._most:
                for stale in list(space)[: len(space) // 2]:
                    del space[stale]

    def strangers(self, newest: int) -> AbstractSet[bytes]:
        """Pseudonyms that are no student's as long as this student is the newest."""
        with self._lock:
            return self._strangers if newest == self._newest else frozenset()

    def remember_strangers(
        self, newest: int, identities: Collection[bytes], generation: int | None = None
    ) -> None:
        """Add such pseudonyms."""
        with self._lock:
            if generation not in (None, self.generation) or newest < self._newest:
                return
            if newest > self._newest or len(self._strangers) + len(identities) > self._most:
                self._newest, self._strangers = newest, set()
            self._strangers.update(identities)

    def renew(self, revision: int) -> None:
        """Forget everything unless it is of this revision of identities."""
        if revision != self.revision:
            self.clear()
            self.revision = revision

    def clear(self) -> None:
        """Forget everything, because a transaction that was read from did not come about."""
        with self._lock:
            self.generation += 1
            # Nobody else adds anything until a transaction has begun that knows what is true.
            self.revision = _NEVER
            self._spaces = {}
            self._strangers, self._newest = set(), NOBODY


@dataclass(frozen=True)
class Glance:
    """What a cache knows, for somebody who is not the writer: what is found is added only while it is no older."""

    _cache: KeyCache
    generation: int
    revision: int

    def space(self, name: str) -> dict[Any, int]:
        """The map of one namespace, which others may change."""
        return self._cache.space(name)

    def remember(self, name: str, found: dict[Any, int]) -> bool:
        """Add what was found; False when that could not be done."""
        return self._cache.remember(name, found, self.generation)

    def crowd_in(self, name: str, found: dict[Any, int]) -> None:
        """Do nothing: only the writer may have anything forgotten."""

    def strangers(self, newest: int) -> AbstractSet[bytes]:
        """Pseudonyms that are no student's as long as this student is the newest."""
        return self._cache.strangers(newest)

    def remember_strangers(self, newest: int, identities: Collection[bytes]) -> None:
        """Add such pseudonyms."""
        self._cache.remember_strangers(newest, identities, self.generation)
