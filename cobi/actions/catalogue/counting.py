"""Counting items of the days that have changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any, Protocol, TypeVar

from cobi.domain.moments import DAY
from cobi.store import revisions
from cobi.store.database import Connection
from cobi.store.item_days import counting
from cobi.store.item_days.counting import Counted, Due
from cobi.store.student_days import packing
from cobi.store.student_days.packing import Packs
from cobi.store.writer import Transaction

Result = TypeVar("Result")


class Write(Protocol):
    """Runs a job in a write transaction."""

    def __call__(self, job: Callable[[Transaction], Result], /) -> Result: ...


def is_due(connection: Connection, now: int) -> bool:
    """Whether rows have changed since they were counted, or a day has ended."""
    return bool(counting.due(connection, now // DAY))


def count_all(write: Write, reading: Callable[[], Any], now: int, enough: float = inf) -> float:
    """Count each changed day, and pack it where it has ended; others wait only while its figures are put in place.

    The newest first; the others for `enough` seconds, of which at least one is counted. What changes while a day is
    being counted is noted anew, so that it is counted again next time. Answers how many seconds the newest took.
    """
    first = 0.0
    begun = time.perf_counter()
    for place, one in enumerate(write(lambda transaction: _begin(transaction, now // DAY))):
        with reading() as connection:
            found = counting.count(connection, one.day)
            packs = packing.pack(connection, one.day) if one.ended else None
        write(lambda transaction: _keep(transaction, one, found, packs, now))  # noqa: B023 (runs at once)
        spent = time.perf_counter() - begun
        if place == 0:
            first = spent
        elif spent - first > enough:
            break
    return first


def _begin(transaction: Transaction, today: int) -> list[Due]:
    revisions.move(transaction.connection, revisions.COUNTED)
    return counting.due(transaction.connection, today)


def _keep(transaction: Transaction, one: Due, found: Counted, packs: Packs | None, now: int) -> None:
    if counting.keep(transaction.connection, one, found, now) and packs is not None:
        packing.keep(transaction.connection, one.day, packs)
