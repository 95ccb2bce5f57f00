"""Pages of one list: a page goes on where the student's last one of the same kind ended, and repeats nothing of it.

What was shown is read from the log of answers, not ranked again: what the student did in between, or a newly
trained model, moves what is still to come and never brings back what was there.
"""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.interaction import ItemType
from cobi.domain.moments import SECOND
from cobi.store import impressions
from cobi.store.database import Connection
from cobi.store.impressions import Impression

LASTS = 3600 * SECOND
"""For so long after its last page a list goes on; after that a page is cut from a list ranked anew."""

MOST_READ = 200
"""Of a student's last answers so many are looked at."""


@dataclass(frozen=True)
class Kind:
    """What two pages of one list have in common, `excluded` as keys."""

    student_key: int
    segment_key: int | None
    item_type: ItemType
    regions: tuple[str, ...] | None
    excluded: tuple[int, ...]


@dataclass(frozen=True)
class Before:
    """The pages before: the last one's id, the seed of all, and the keys of what they showed, best first."""

    last: bytes
    seed: int
    items: tuple[int, ...]


def before(connection: Connection, kind: Kind, offset: int, now: int) -> Before | None:
    """The pages of the newest list of this kind that showed exactly the first `offset` items."""
    recent = impressions.since(connection, kind.student_key, now - LASTS, MOST_READ)
    theirs = [one for one in recent if _kind(one) == kind]
    by_id = {one.recommendation_id: one for one in theirs}
    for last in theirs:
        if last.circumstances.offset + len(last.items) == offset:
            chain = _chain(by_id, last)
            if chain is not None:
                shown = (key for page in chain for key in page.items.tolist())
                return Before(last.recommendation_id, last.seed, tuple(shown))
    return None


def _chain(by_id: dict[bytes, Impression], last: Impression) -> list[Impression] | None:
    """All pages up to this one, the first first; None where one is missing."""
    chain = [last]
    while chain[0].circumstances.offset:
        earlier = by_id.get(chain[0].circumstances.continues or b"")
        if earlier is None:
            return None
        chain.insert(0, earlier)
    return chain


def _kind(one: Impression) -> Kind:
    told = one.circumstances
    return Kind(one.student_key or 0, one.segment_key, one.item_type, told.regions, told.excluded)
