"""What all of an organisation's actions stand on: its database, rules, time zone, clock and meter."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from cobi.domain.claims import ClaimRules
from cobi.domain.moments import as_datetime
from cobi.domain.quarantine import FOR_EVER, Keeping
from cobi.metrics.later import Later
from cobi.metrics.metrics import Meter
from cobi.store.database import Connection, Database
from cobi.store.writer import Transaction

Clock = Callable[[], int]
Result = TypeVar("Result")


def system_clock() -> int:
    """Now, in microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Rules:
    """The settings actions go by; `future_tolerance` in microseconds."""

    future_tolerance: int
    claims: ClaimRules
    keeping: Keeping = FOR_EVER


@dataclass(frozen=True)
class Core:
    """One organisation's means; each facet of its service holds the same one."""

    database: Database
    rules: Rules
    zone: ZoneInfo
    clock: Clock
    meter: Meter

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees the data as of one moment."""
        return self.database.read()

    def write(self, job: Callable[[Transaction], Result]) -> Result:
        """What a job returns once its transaction is durable."""
        return self.database.write(job)

    def local_now(self) -> datetime:
        """Now in the organisation's time zone."""
        return as_datetime(self.clock()).astimezone(self.zone)

    def within(self, transaction: Transaction, uncounted: Later) -> Core:
        """The same, for work that is all to be part of one transaction, and counted after it."""
        joined = self.database.joined(transaction)
        return replace(self, database=joined, meter=Meter(uncounted, self.meter.organisation))
