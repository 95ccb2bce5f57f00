"""Interactions that come one a request: those that wait together are read as columns and stored together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from cobi.actions.ingesting import interact, interaction_columns
from cobi.actions.ingesting.interact import Arrival, Recorded, read_back
from cobi.actions.ingesting.interaction_quick import UNREADABLE, decode
from cobi.actions.ingesting.interaction_rows import Batch
from cobi.actions.ingesting.submission import Submission
from cobi.domain.claims import ClaimRules
from cobi.domain.identifiers import Id
from cobi.domain.interaction import Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import Keeping
from cobi.domain.random_ids import random_id
from cobi.store.arrivals.tables import STORED, UNCHANGED
from cobi.store.writer import Transaction


class Terms(NamedTuple):
    """What posts are judged by; the tolerance is how far ahead an event may lie, in microseconds."""

    claims: ClaimRules
    keeping: Keeping
    future_tolerance: int


class Post(NamedTuple):
    """A request's one interaction: its fields as they were sent, its body, and when it came."""

    fields: Any
    body: bytes
    request_id: str
    now: int


class Posted(NamedTuple):
    """What became of a post that is stored, now or before."""

    identifier: Id
    values: Sequence[Any]
    """In the order of CONTENT."""
    row: tuple[Any, ...] | None
    """None where it was stored before."""
    stored: bool
    outcomes: Mapping[Outcome, int]

    def as_read_back(self) -> dict[str, Any] | None:
        """As a client would read it; None where the store may know more than was sent."""
        return None if self.row is None else read_back(self.identifier, self.values, self.row)


def read(body: bytes, request_id: str, now: int) -> Post | None:
    """A body that looks like one usual interaction; None for any other."""
    try:
        return Post(decode(body), body, request_id, now)
    except UNREADABLE:
        return None


def record(transaction: Transaction, posts: Sequence[Post], terms: Terms) -> list[Posted | Recorded]:
    """Store what is good of these; what only the careful reading may judge, and what is refused, by itself."""
    together = _record_usual(transaction, posts, terms)
    return [together.get(at) or _record_one(transaction, post, terms) for at, post in enumerate(posts)]


def _record_usual(transaction: Transaction, posts: Sequence[Post], terms: Terms) -> dict[int, Posted]:
    latest = min(post.now for post in posts) + terms.future_tolerance
    columns, _ = interaction_columns.columns_of([post.fields for post in posts], latest)
    if not columns.ids:
        return {}
    batch = Batch(columns, range(len(columns.ids)), (), [posts[place].now for place in columns.places])
    resolved, new = interact.put(transaction, batch)
    outcomes = interact.judge_new(transaction, batch, new, terms.claims)
    left, posted = set(new), dict[int, Posted]()
    for at, values in enumerate(zip(*columns.values, strict=True)):
        if at not in resolved.refused:
            identifier = columns.ids[at]
            posted[columns.places[at]] = Posted(
                identifier, values, new.get(identifier), identifier in left, outcomes[at]
            )
            left.discard(identifier)
    _count(transaction, posted.values(), batch.received[-1])
    return posted


def _count(transaction: Transaction, posted: Collection[Posted], now: int) -> None:
    stored = sum(one.stored for one in posted)
    arrivals = transaction.tallies.arrivals
    arrivals.came(now, INTERACTIONS.name, STORED, stored)
    arrivals.came(now, INTERACTIONS.name, UNCHANGED, len(posted) - stored)


def _record_one(transaction: Transaction, post: Post, terms: Terms) -> Recorded:
    sent = Submission(INTERACTIONS, [post.body], post.request_id, random_id(), post.now, terms.keeping)
    reading = interaction_columns.read(sent, terms.future_tolerance)
    return interact.record(transaction, [Arrival(reading)], terms.claims)[0]
