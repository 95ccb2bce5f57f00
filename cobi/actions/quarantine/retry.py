"""Trying refused records again, mended by rules: what passes is stored and leaves quarantine in one transaction.

Types are tried in upload order and records in the order they came, so that what others refer to is there first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from cobi.actions import cursors
from cobi.actions.ingesting import ingest, interact, interaction_columns, submission
from cobi.actions.ingesting.submission import Submission
from cobi.actions.quarantine import late
from cobi.actions.quarantine.tried import Position, Tried
from cobi.domain.batch import MAX_RECORDS, BatchResult
from cobi.domain.claims import ClaimRules
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.mending import mend
from cobi.domain.quarantine import TYPES, Retry
from cobi.store import quarantine
from cobi.store.arrivals.tables import MENDED
from cobi.store.quarantine import Refused
from cobi.store.writer import Transaction

CHUNK_BYTES = 32 * 1024 * 1024
"""A transaction takes MAX_RECORDS records, and fewer where they are large."""

_NAMES = tuple(TYPES)

Result = TypeVar("Result")


class Write(Protocol):
    """Runs a job in a write transaction."""

    def __call__(self, job: Callable[[Transaction], Result], /) -> Result: ...


@dataclass(frozen=True)
class Terms:
    """The moment of the retry and the settings records are judged by, in microseconds."""

    now: int
    rules: ClaimRules
    future_tolerance: int


def retry(write: Write, order: Retry, terms: Terms) -> dict[str, Any]:
    """Try the records an order means, chunk by chunk, each in a transaction of its own."""
    start: Position = cursors.decode(order.cursor, Position) if order.cursor else (0, 0)
    tried = Tried(start)
    while tried.position is not None and tried.examined < order.limit:
        most = min(MAX_RECORDS, order.limit - tried.examined)
        after = tried.position
        tried.add(write(lambda transaction: _run(transaction, order, terms, after, most)))  # noqa: B023 (runs at once)
    return tried.answer(order.dry_run)


def _run(transaction: Transaction, order: Retry, terms: Terms, after: Position, most: int) -> Tried:
    if not order.dry_run:
        return _chunk(transaction, order, terms, after, most)
    with transaction.rehearsal():
        return _chunk(transaction, order, terms, after, most)


def _chunk(transaction: Transaction, order: Retry, terms: Terms, after: Position, most: int) -> Tried:
    """Try the first records behind a position; several types share a chunk where they are few."""
    tried = Tried(None)
    place, key = after
    for at in range(place, len(_NAMES)):
        selection, name = order.selection, _NAMES[at]
        if selection.type not in (None, name):
            continue
        room = most - tried.examined
        of_type = (transaction.connection, selection, name, key if at == place else 0)
        records = quarantine.take(*of_type, room, CHUNK_BYTES)
        if records:
            tried.count(records, *_try(transaction, order, terms, name, records))
            tried.position = (at, records[-1].key)
            if tried.examined == most or not _ends_here(transaction, order, name, records[-1].key):
                return tried
    tried.position = None
    return tried


def _ends_here(transaction: Transaction, order: Retry, name: str, key: int) -> bool:
    """Whether no record of the type is left behind this one."""
    return not quarantine.take(transaction.connection, order.selection, name, key, 1, 0)


def _try(
    transaction: Transaction, order: Retry, terms: Terms, name: str, records: Sequence[Refused]
) -> tuple[Sequence[bytes], BatchResult]:
    """Store what passes and let it leave; what fails again stays as it was sent, with its new reasons.

    Answers the records as they were tried, and what came of them.
    """
    bodies = [mend(order.rules, record.body) for record in records]
    sent = Submission(TYPES[name], bodies, "", "", terms.now)
    if name == INTERACTIONS.name:
        readings = [interaction_columns.read(sent, terms.future_tolerance)]
        result = interact.store(transaction, readings, terms.rules)[0].result
    else:
        result = _ingest(transaction, submission.read(sent), terms, records)
    failed = {rejection.index: rejection.problems for rejection in result.rejections}
    connection = transaction.connection
    quarantine.refuse_again(connection, [(records[at], why) for at, why in failed.items()], terms.now)
    quarantine.release(connection, (record for at, record in enumerate(records) if at not in failed))
    transaction.tallies.arrivals.came(terms.now, name, MENDED, result.stored + result.unchanged)
    return bodies, result


def _ingest(
    transaction: Transaction, reading: submission.Reading, terms: Terms, records: Sequence[Refused]
) -> BatchResult:
    batch = late.look(transaction, reading, records)
    overtaken = late.set_aside(batch)
    result = ingest.store(transaction, reading, terms.rules)
    result.unchanged += overtaken
    late.date_back(batch)
    late.reopen(batch, terms.rules)
    if result.stored:
        came = max(record.received for record in records)
        transaction.tallies.arrivals.more(result.type, 0, came)
    return result
