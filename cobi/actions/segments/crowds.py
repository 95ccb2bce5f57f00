"""What a process keeps in memory of segments: the roll of them, their sizes and their x.

Neither names a student. All of it is dropped when a segment, the catalogue or the model changes, or a student is
deleted or erased; x is read again after a minute, and a size at once unless counting takes long.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.segments.belonging import Roll, roll_of, segments_of
from cobi.actions.segments.signals import EVERYBODY, crowd, of_members, signals
from cobi.domain.moments import SECOND
from cobi.domain.segments.rule import Rule, When
from cobi.recommenders.shrinkage import Crowd
from cobi.recommenders.signals import Signals
from cobi.store import membership, revisions
from cobi.store.database import Connection
from cobi.store.segments import Segment

KEPT = 60 * SECOND
"""For so long x of a segment, or a size that takes long to count, is not made anew."""

SHARE = 50
"""So many times as long as counting took a size is kept, where that is longer."""

AT_ONCE_SECONDS = 0.5
"""A size that is counted within this time is never kept."""

UNKNOWN_SECONDS = 0.1
"""What counting what was done, or reading x, is taken to last before it was done once."""

MOST_KEPT, MOST_NOTED = 200, 2000


_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Size:
    """How many belong, and when they were counted."""

    members: int
    counted: int


@dataclass(frozen=True)
class _Kept:
    """Something made at `made`, good for so many microseconds while the revision stays."""

    revision: Hashable
    made: int
    good_for: int
    value: Any

    def is_fresh(self, revision: Hashable, now: int) -> bool:
        return self.revision == revision and 0 <= now - self.made < self.good_for


class Crowds:
    """Safe to ask from several threads."""

    def __init__(self) -> None:
        self._roll: Roll | None = None
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._took: OrderedDict[Hashable, float] = OrderedDict()
        self._lock, self._making = threading.Lock(), threading.Lock()

    def segments_of(self, connection: Connection, student_key: int, when: When) -> list[Segment]:
        """The segments a student belongs to at this moment, oldest first."""
        self._roll = roll = roll_of(connection, self._roll)
        return segments_of(connection, roll, student_key, when)

    def size(self, connection: Connection, segment: Segment, when: When) -> Size:
        """How many belong, as of now or, where counting takes long, a little earlier."""
        kept = self._fresh(("size", segment.key), _of_students(connection), when.now)
        return kept.value if kept else self._count(connection, segment, when)

    def size_at_hand(self, connection: Connection, segment: Segment, when: When) -> Size | None:
        """The size where it is kept, as counting takes long."""
        name = ("size", segment.key)
        kept = self._fresh(name, _of_students(connection), when.now) if name in self._kept else None
        return None if kept is None else kept.value

    def seconds_to_count(self, connection: Connection, segment: Segment, when: When) -> float:
        """How long telling the size takes, by what it took last."""
        if self.size_at_hand(connection, segment, when) is not None:
            return 0.0
        unknown = UNKNOWN_SECONDS if segment.rule.asks_what_was_done else 0.0
        return self._took.get(("size", segment.key), unknown)

    def seconds_of(self, connection: Connection, shelf: Shelf, segment: Segment, when: When) -> float:
        """How long telling x takes, by what it took last."""
        name = ("x", segment.key)
        if shelf.model is None:
            return 0.0
        if name in self._kept and self._fresh(name, self._revision(connection, shelf), when.now):
            return 0.0
        return self._took.get(name, UNKNOWN_SECONDS) + self.seconds_of_all(shelf, when)

    def seconds_of_all(self, shelf: Shelf, when: When) -> float:
        """How long it takes to tell what everybody's x is, to which that of a group is drawn."""
        if shelf.model is None or self._fresh("everybody", shelf.revision, when.now):
            return 0.0
        return self._took.get("everybody", UNKNOWN_SECONDS)

    def signals(self, connection: Connection, shelf: Shelf, segment: Segment, when: When) -> Signals | None:
        """x of a segment, at most a minute old; None before the first training."""
        if shelf.model is None:
            return None

        def make() -> Signals | None:
            return self.signals_of_rule(connection, shelf, segment.rule, when)

        return self._made(("x", segment.key), self._revision(connection, shelf), when.now, make)

    def signals_of_rule(self, connection: Connection, shelf: Shelf, rule: Rule, when: When) -> Signals | None:
        """x of those who meet a rule, read now."""
        if shelf.model is None:
            return None
        return self.signals_of(connection, shelf, membership.members(connection, rule, when), when)

    def signals_of(
        self, connection: Connection, shelf: Shelf, members: NDArray[np.int64], when: When
    ) -> Signals | None:
        """x of these students, read now."""
        if shelf.model is None:
            return None
        group = of_members(connection, shelf, members, when.now)
        return signals(group, self._everybody(connection, shelf, when), shelf, when.now)

    def _everybody(self, connection: Connection, shelf: Shelf, when: When) -> Crowd:
        kept = self._fresh("everybody", shelf.revision, when.now)
        if kept is not None:
            return kept.value
        begun = time.perf_counter()
        made = crowd(connection, shelf, EVERYBODY, when)
        self._note("everybody", time.perf_counter() - begun)
        return self._keep("everybody", _Kept(shelf.revision, when.now, KEPT, made)).value

    def _count(self, connection: Connection, segment: Segment, when: When) -> Size:
        begun = time.perf_counter()
        size = Size(membership.size(connection, segment.rule, when), when.now)
        took = self._note(("size", segment.key), time.perf_counter() - begun)
        if took > AT_ONCE_SECONDS:
            good_for = max(KEPT, int(took * SHARE * SECOND))
            self._keep(("size", segment.key), _Kept(_of_students(connection), when.now, good_for, size))
        return size

    def _made(self, name: Hashable, revision: Hashable, now: int, make: Callable[[], Any]) -> Any:
        """What is kept, or made now; while one thread makes it anew, the others take what was kept."""
        kept = self._fresh(name, revision, now)
        if kept is not None:
            return kept.value
        old = self._kept.get(name)
        usable = old is not None and old.revision == revision and now >= old.made
        if not self._making.acquire(blocking=not usable):
            return old.value if old is not None else make()
        try:
            kept = self._fresh(name, revision, now)
            if kept is not None:
                return kept.value
            begun = time.perf_counter()
            made = make()
            self._note(name, time.perf_counter() - begun)
            return self._keep(name, _Kept(revision, now, KEPT, made)).value
        finally:
            self._making.release()

    def _fresh(self, name: Hashable, revision: Hashable, now: int) -> _Kept | None:
        kept = self._kept.get(name)
        return kept if kept is not None and kept.is_fresh(revision, now) else None

    def _keep(self, name: Hashable, kept: _Kept) -> _Kept:
        return self._put(self._kept, name, kept, MOST_KEPT)

    def _note(self, name: Hashable, seconds: float) -> float:
        return self._put(self._took, name, seconds, MOST_NOTED)

    def _put(self, newest: OrderedDict[Hashable, _Value], name: Hashable, value: _Value, most: int) -> _Value:
        """Add to the newest so many."""
        with self._lock:
            newest[name] = value
            newest.move_to_end(name)
            while len(newest) > most:
                newest.popitem(last=False)
        return value

    @staticmethod
    def _revision(connection: Connection, shelf: Shelf) -> Hashable:
        return shelf.revision, _of_students(connection)


class Stand(NamedTuple):
    """What segments are looked at with: a view of the data, the shelf, what is kept of segments, the moment."""

    connection: Connection
    shelf: Shelf
    crowds: Crowds
    when: When
    local_now: datetime


def _of_students(connection: Connection) -> tuple[int, int, int]:
    """Moves with segments, with the catalogue and with deleted or erased students."""
    moved = revisions.read_all(connection)
    wanted = (revisions.SEGMENTS, revisions.CATALOGUE, revisions.IDENTITIES)
    first, second, third = (moved.get(name, 0) for name in wanted)
    return first, second, third
