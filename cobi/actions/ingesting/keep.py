"""Keeping what is refused, for as long and as much as the settings say."""

from __future__ import annotations

from cobi.actions.ingesting.submission import Submission
from cobi.domain.batch import BatchResult
from cobi.domain.quarantine import Keeping
from cobi.store import quarantine
from cobi.store.database import Connection

MOST_AT_ONCE = 50_000
"""How many records one transaction lets go of; what is beyond goes with the next."""


def keep(connection: Connection, submission: Submission, result: BatchResult) -> None:
    """Put the refused records of a batch into quarantine."""
    if result.rejections:
        quarantine.add(connection, result, submission.now)
        tidy(connection, submission.keeping, submission.now)


def tidy(connection: Connection, keeping: Keeping, now: int) -> None:
    """Let go of what is too old, then of the oldest that are too many, and count both."""
    if keeping.age is not None:
        quarantine.expire(connection, now - keeping.age, MOST_AT_ONCE)
    if keeping.records is not None:
        quarantine.overflow(connection, keeping.records, MOST_AT_ONCE)


def is_overdue(connection: Connection, keeping: Keeping, now: int) -> bool:
    """Whether there are records that are too old."""
    return keeping.age is not None and quarantine.has_older_than(connection, now - keeping.age)
