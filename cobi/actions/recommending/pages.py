"""Pages of one list: a page goes on where another answer of the same list ended, and repeats nothing of it.

What was shown is read from the log of answers, not ranked again: what the student did in between, or a newly
trained model, moves what is still to come and never brings back what was there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import SECOND
from cobi.domain.recommendation import MAX_OFFSET
from cobi.store import impressions
from cobi.store.database import Connection
from cobi.store.impressions import Impression

LASTS = 3600 * SECOND
"""For so long after its last page a list is found by an offset; after that a page is cut from a list ranked anew."""

MOST_READ = 200
"""Of a student's last answers so many are looked at."""


@dataclass(frozen=True)
class Kind:
    """What two pages of one list have in common; `excluded` and `similar_to` are keys."""

    student_key: int | None
    segment_key: int | None
    similar_to: int | None
    item_type: ItemType
    regions: tuple[str, ...] | None
    excluded: tuple[int, ...]


@dataclass(frozen=True)
class Before:
    """The pages before: the last one's id, the seed of all, and the keys of what they showed, best first.

    `offset` is where the next one begins, `skipped` how many of the best were passed over before the first.
    """

    last: bytes
    seed: int
    items: tuple[int, ...]
    offset: int
    skipped: int


def before(connection: Connection, kind: Kind, offset: int, now: int) -> Before | None:
    """The pages of the student's newest list of this kind that showed exactly the first `offset` items."""
    if kind.student_key is None:
        return None
    recent = impressions.since(connection, kind.student_key, now - LASTS, MOST_READ)
    theirs = [one for one in recent if _kind(one) == kind]
    for last in theirs:
        if _end(last) == offset:
            found = _joined(_chain(connection, last, {one.recommendation_id: one for one in theirs}))
            if found.skipped == 0:
                return found
    return None


def up_to(connection: Connection, kind: Kind, last_id: bytes) -> Before:
    """The pages up to this answer, which may be of any age; what is excluded may have changed meanwhile.

    Raises NotFound, and InvalidRequest where it is a page of another list.
    """
    last = impressions.fetch(connection, [last_id]).get(last_id)
    if last is None:
        raise NotFound(
            f"recommendation {format_id(last_id)} is not known",
            code="unknown_recommendation",
            hint="leave continues out to begin a new list",
        )
    if replace(_kind(last), excluded=kind.excluded) != kind:
        raise InvalidRequest(
            f"recommendation {format_id(last_id)} is a page of another list",
            code="malformed_parameter",
            hint="a list goes on for the same student, segment or offer, with the same regions and item_type",
        )
    if len(last.items) == 0 and last.circumstances.continues:
        # Who asks on and on after the end builds no chain of empty pages.
        return up_to(connection, kind, last.circumstances.continues)
    if _end(last) > MAX_OFFSET:
        raise InvalidRequest(f"a list ends after {MAX_OFFSET} items", code="malformed_parameter")
    return _joined(_chain(connection, last, {}))


def items_above(connection: Connection, one: Impression) -> Before:
    """The pages before this one; of one that continues none, nothing but how many it passed over."""
    earlier = one.circumstances.continues
    last = impressions.fetch(connection, [earlier]).get(earlier) if earlier else None
    if last is None:
        return Before(one.recommendation_id, one.seed, (), one.circumstances.offset, one.circumstances.offset)
    return _joined(_chain(connection, last, {}))


def _end(one: Impression) -> int:
    return one.circumstances.offset + len(one.items)


def _chain(connection: Connection, last: Impression, known: dict[bytes, Impression]) -> list[Impression]:
    """All pages up to this one, the first first; those that are not known are fetched, as far as they are kept."""
    chain = [last]
    while earlier := chain[0].circumstances.continues:
        page = known.get(earlier) or impressions.fetch(connection, [earlier]).get(earlier)
        if page is None:
            break
        chain.insert(0, page)
    return chain


def _joined(pages: list[Impression]) -> Before:
    shown = (key for page in pages for key in page.items.tolist())
    last = pages[-1]
    skipped = pages[0].circumstances.offset
    return Before(last.recommendation_id, last.seed, tuple(shown), _end(last), skipped)


def _kind(one: Impression) -> Kind:
    told = one.circumstances
    return Kind(one.student_key, one.segment_key, told.similar_to, one.item_type, told.regions, told.excluded)
