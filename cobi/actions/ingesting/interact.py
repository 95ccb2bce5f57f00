"""Recording what students did: append-only, once each, classified where it claims an answer (§3, §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.actions.attribution.judge import judge
from cobi.actions.ingesting.interact_ahead import Ahead
from cobi.actions.ingesting.interaction_columns import Columns, Interactions
from cobi.actions.ingesting.interaction_rows import (
    Batch,
    Resolved,
    Rows,
    batch_of,
    present,
    resolve_all,
    rows_of,
)
from cobi.actions.ingesting.keep import keep
from cobi.domain.batch import BatchResult
from cobi.domain.claims import ClaimRules
from cobi.domain.identifiers import Id
from cobi.domain.interaction import ItemType, Outcome
from cobi.domain.interaction_record import CONTENT, INTERACTIONS
from cobi.domain.record_type import Problem
from cobi.store import interactions
from cobi.store.attributions import Claim
from cobi.store.writer import Transaction

_STUDENT_ID = CONTENT.index("student_id")
_STUDENT = interactions.COLUMNS.index("student_key")

NOT_NULL = ("interaction_type", "item_type", "item_id", "event_timestamp")


@dataclass(frozen=True)
class Recorded:
    """What became of a request's interactions."""

    result: BatchResult
    outcomes: Mapping[Outcome, int]
    """What became of the claims of new interactions."""
    columns: Columns
    new: Mapping[bytes, tuple[Any, ...]]
    """The rows of what was stored now, by id; those of other requests may be among them."""

    @property
    def ids(self) -> dict[int, bytes]:
        """The id of each accepted interaction by its place."""
        refused = {rejection.index for rejection in self.result.rejections}
        ids = zip(self.columns.places, self.columns.ids, strict=True)
        return {place: identifier for place, identifier in ids if place not in refused}

    def first_as_read_back(self) -> dict[str, Any] | None:
        """The first interaction as a client would read it; None where the store may know more than was sent."""
        identifier, values = self.columns.ids[0], [column[0] for column in self.columns.values]
        row = self.new.get(identifier)
        return None if row is None or self.columns.returned else read_back(identifier, values, row)


@dataclass(frozen=True)
class Arrival:
    """A request's interactions, and what was done for them ahead of their turn to be written."""

    reading: Interactions
    ahead: Ahead | None = None

    @property
    def weight(self) -> int:
        """How many records it has."""
        return len(self.reading.submission.bodies)


def read_back(identifier: Id, values: Sequence[Any], row: tuple[Any, ...]) -> dict[str, Any] | None:
    """A new interaction as a client would read it; None where its pseudonym has turned out to be a student's."""
    if values[_STUDENT_ID] is None and row[_STUDENT] is not None:
        return None
    return INTERACTIONS.render_values([identifier, *values])


def record(transaction: Transaction, arrivals: Sequence[Arrival], rules: ClaimRules) -> list[Recorded]:
    """Store the good interactions of some requests and keep the bad ones."""
    if any(arrival.ahead for arrival in arrivals):
        recorded = [_store_one(transaction, arrival, rules) for arrival in arrivals]
    else:
        recorded = store(transaction, [arrival.reading for arrival in arrivals], rules)
    for arrival, one in zip(arrivals, recorded, strict=True):
        submission = arrival.reading.submission
        transaction.tallies.arrivals.batch(one.result, submission.now)
        keep(transaction.connection, submission, one.result)
    return recorded


def store(transaction: Transaction, readings: Sequence[Interactions], rules: ClaimRules) -> list[Recorded]:
    """Store the good interactions of some requests that are new; the bad ones are left to the caller."""
    batch = batch_of(readings)
    return _told(transaction, readings, batch, *put(transaction, batch), rules)


def put(transaction: Transaction, batch: Batch) -> tuple[Resolved, Rows]:
    """Store those that name what there is; answers the rows of those that are new."""
    connection, keys = transaction.connection, transaction.keys
    resolved = resolve_all(connection, keys, batch)
    user_ids = present(batch.columns.column("user_id"))
    rows = rows_of(batch, resolved, interactions.visitor_keys(connection, keys, user_ids))
    return resolved, _without(rows, interactions.add_if_new(connection, rows))


def _store_one(transaction: Transaction, arrival: Arrival, rules: ClaimRules) -> Recorded:
    """Store one request's interactions by what was done ahead, where that still holds."""
    ahead = arrival.ahead
    if ahead is None or not ahead.holds(transaction):
        return store(transaction, [arrival.reading], rules)[0]
    rows = ahead.rows_in(transaction)
    known = interactions.add_if_new(transaction.connection, rows, ahead.ready)
    new = _without(rows, known)
    return _told(transaction, [arrival.reading], ahead.batch, ahead.resolved, new, rules)[0]


def _without(rows: Rows, known: Collection[bytes]) -> Rows:
    return {identifier: row for identifier, row in rows.items() if identifier not in known} if known else rows


def _told(
    transaction: Transaction,
    readings: Sequence[Interactions],
    batch: Batch,
    resolved: Resolved,
    new: Rows,
    rules: ClaimRules,
) -> list[Recorded]:
    return _recorded(readings, batch, resolved, new, judge_new(transaction, batch, new, rules))


def judge_new(
    transaction: Transaction,
    batch: Batch,
    new: Rows,
    rules: ClaimRules,
) -> list[Counter[Outcome]]:
    """Note when new interactions were, and classify their claims; how many of each request came to what."""
    transaction.tallies.mark_between(new)
    if new:
        transaction.tallies.arrivals.more(INTERACTIONS.name, len(new), batch.received[-1])
    outcomes: list[Counter[Outcome]] = [Counter() for _ in batch.received]
    of: dict[bytes, int] = {}
    claims: list[Claim] = []
    for at, source in (
        enumerate(batch.columns.column("source")) if any(batch.columns.column("source")) else ()
    ):
        identifier = batch.columns.ids[at]
        if source is not None and identifier in new and identifier not in of:
            of[identifier] = batch.origins[at]
            claims.append(_claim(new[identifier]))
    if claims:
        for verdict in judge(transaction, claims, batch.received[-1], rules):
            outcomes[of[verdict.interaction_id]][verdict.outcome] += 1
    return outcomes


def _claim(row: tuple[Any, ...]) -> Claim:
    named = dict(zip(interactions.COLUMNS, row, strict=True))
    return Claim(
        named["interaction_id"],
        named["event_timestamp"],
        ItemType(named["item_type"]),
        named["item_key"],
        named["student_key"],
        named["recommendation_id"],
        named["interaction_type"],
        named["platform"],
    )


def _recorded(
    readings: Sequence[Interactions],
    batch: Batch,
    resolved: Resolved,
    new: Rows,
    outcomes: Sequence[Mapping[Outcome, int]],
) -> list[Recorded]:
    """What to tell each request: of several interactions with one id the first was stored."""
    stored, unchanged = Counter[int](), Counter[int]()
    if len(new) == len(batch.columns.ids):
        stored.update(batch.origins)
    else:
        left = set(new)
        for at, identifier in enumerate(batch.columns.ids):
            if at not in resolved.refused:
                (stored if identifier in left else unchanged)[batch.origins[at]] += 1
                left.discard(identifier)
    problems: list[dict[int, list[Problem]]] = [{} for _ in readings]
    for at, found in resolved.refused.items():
        problems[batch.origins[at]][batch.columns.places[at]] = found
    return [
        Recorded(
            reading.result(stored[number], unchanged[number], problems[number]),
            outcomes[number],
            reading.columns,
            new,
        )
        for number, reading in enumerate(readings)
    ]
