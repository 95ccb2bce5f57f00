"""Doing a request once: its answer is kept in the very transaction that does its work."""

from __future__ import annotations

from collections.abc import Callable

from cobi.domain.errors import IdempotencyKeyReused
from cobi.domain.idempotency import KEPT, Answer, Once
from cobi.store import idempotency
from cobi.store.database import Connection
from cobi.store.writer import Transaction

PURGED_AT_ONCE = 5000
"""How many old answers one transaction removes."""

PURGED_BESIDE = 100
"""How many old answers go when a new one is kept: more than come, so that none heap up."""


def known(connection: Connection, once: Once, now: int) -> Answer | None:
    """The answer this request got before; raises IdempotencyKeyReused where its key named another one."""
    found = idempotency.find(connection, once.key, now - KEPT)
    if found is None:
        return None
    fingerprint, answer = found
    if fingerprint != once.fingerprint:
        raise IdempotencyKeyReused(
            "this Idempotency-Key came with another request", hint="make a new key for each new request"
        )
    return answer


def do_once(transaction: Transaction, once: Once, now: int, work: Callable[[], Answer]) -> Answer:
    """Do the work and keep its answer, or give the one kept; where the work fails nothing is kept."""
    # The organisation has one write transaction at a time: nobody else can be half-way through this request.
    connection = transaction.connection
    before = known(connection, once, now)
    if before is not None:
        return before
    answer = work()
    idempotency.remove_first(connection, now - KEPT, PURGED_BESIDE)
    idempotency.keep(connection, once, answer, now)
    return answer


def is_overdue(connection: Connection, until: int) -> bool:
    """Whether there are answers given up to a moment."""
    return idempotency.has_older(connection, until)


def purge(transaction: Transaction, until: int) -> bool:
    """Remove answers given up to a moment, as many as one transaction should; whether there may be more."""
    return idempotency.remove_first(transaction.connection, until, PURGED_AT_ONCE) == PURGED_AT_ONCE
