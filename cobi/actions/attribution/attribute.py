"""Whether an interaction really came of the recommendation it names (contract §5).

The outcomes are tried in the order of their gravity: an id nobody can have given, one nobody gave, another student's,
a wrong time, a wrong item. An interaction whose student is not known is judged as if the answer's own student had
made it: the id is the evidence, and only a different known student contradicts it.

The verdict is one thing, the credit another: with first touch what is attributed is credited to the first answer of
the window that showed the student the item.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cobi.actions.segments.belonging import belonged
from cobi.domain.claims import CLOCK_TOLERANCE, ClaimRules, Touch
from cobi.domain.interaction import ItemType, Outcome
from cobi.domain.moments import day_of
from cobi.domain.segments.rule import When
from cobi.store import catalogue, impressions, segments
from cobi.store.attributions import Attribution, Claim
from cobi.store.database import Connection
from cobi.store.impressions import Impression


@dataclass(frozen=True)
class Judged:
    """A claim, the verdict on it, and whose the answer is that it is credited to."""

    claim: Claim
    verdict: Attribution
    shown_to: int | None = None


@dataclass(frozen=True)
class Place:
    """A shown item's position from 1, and how the claimed item belongs to it (None: they are one)."""

    position: int
    via: ItemType | None


def classify(connection: Connection, claims: Collection[Claim], rules: ClaimRules) -> list[Judged]:
    """The verdict on each claim, in their order."""
    ids = {claim.recommendation_id for claim in claims if claim.recommendation_id is not None}
    served = impressions.fetch(connection, {one for one in ids if not rules.signature.forged(one)})
    judged: list[Judged] = []
    for claim in claims:
        if claim.recommendation_id is None:
            judged.append(_infer(connection, claim, rules))
        else:
            judged.append(_match(connection, claim, served.get(claim.recommendation_id), rules))
    return judged


def _match(connection: Connection, claim: Claim, impression: Impression | None, rules: ClaimRules) -> Judged:
    if impression is None:
        forged = rules.signature.forged(claim.recommendation_id or b"")
        return Judged(
            claim, Attribution(claim.interaction_id, Outcome.FORGED if forged else Outcome.UNKNOWN_ID)
        )
    if not _shown_to(connection, claim, impression):
        return _verdict(claim, Outcome.OTHER_STUDENT, impression, None)
    if claim.event_timestamp < impression.served - CLOCK_TOLERANCE:
        return _verdict(claim, Outcome.BEFORE_SERVED, impression, None)
    if claim.event_timestamp > impression.served + rules.window:
        return _verdict(claim, Outcome.EXPIRED, impression, None)
    place = locate(connection, claim.item_type, claim.item_key, impression)
    if place is None:
        return _verdict(claim, Outcome.ITEM_NOT_SHOWN, impression, None)
    return _credited(connection, _verdict(claim, Outcome.MATCHED, impression, place), impression, rules)


def _infer(connection: Connection, claim: Claim, rules: ClaimRules) -> Judged:
    if claim.student_key is not None:
        moment = claim.event_timestamp
        for impression in impressions.latest(
            connection, claim.student_key, moment - rules.window, moment + CLOCK_TOLERANCE
        ):
            place = locate(connection, claim.item_type, claim.item_key, impression)
            if place:
                found = _verdict(claim, Outcome.INFERRED, impression, place)
                return _credited(connection, found, impression, rules)
    return Judged(claim, Attribution(claim.interaction_id, Outcome.MISSING_ID))


def _verdict(claim: Claim, outcome: Outcome, impression: Impression, place: Place | None) -> Judged:
    position, via = (place.position, place.via) if place else (None, None)
    verdict = Attribution(claim.interaction_id, outcome, impression.recommendation_id, position, via)
    return Judged(claim, verdict, impression.student_key)


def _credited(connection: Connection, judged: Judged, impression: Impression, rules: ClaimRules) -> Judged:
    """The verdict as it is, or with first touch on the student's first answer of the window that showed the item."""
    claim, student = judged.claim, judged.shown_to or judged.claim.student_key
    if rules.touch is Touch.LAST or student is None:
        return judged
    since = claim.event_timestamp - rules.window
    for earlier in impressions.between(connection, student, since, impression.served):
        place = locate(connection, claim.item_type, claim.item_key, earlier)
        if place:
            return _verdict(claim, judged.verdict.outcome, earlier, place)
    return judged


def _shown_to(connection: Connection, claim: Claim, impression: Impression) -> bool:
    if claim.student_key is None:
        return True
    if impression.student_key is not None:
        return impression.student_key == claim.student_key
    if impression.segment_key is None:
        # What resembles an offer is shown to whoever looks at it.
        return True
    return _is_member(connection, impression, claim.student_key)


def _is_member(connection: Connection, impression: Impression, student_key: int) -> bool:
    """A list asked for a whole segment was shown to any of those who were its members then.

    Once the rule has been changed nobody can say who they were, and the id is evidence enough.
    """
    segment = None if impression.segment_key is None else segments.ever(connection, impression.segment_key)
    if segment is None:
        return False
    when = When(impression.served, day_of(impression.served))
    return segment.updated > impression.served or belonged(connection, segment, student_key, when)


def locate(
    connection: Connection, item_type: ItemType, item_key: int, impression: Impression
) -> Place | None:
    """The first shown item that is the claimed one, or whose shop, tag or keyword that is (`via`)."""
    shown: list[int] = impression.items.tolist()
    if item_type is impression.item_type:
        return _first(shown, lambda key: key == item_key, None)
    if impression.item_type is not ItemType.OFFER:
        return None
    shops = catalogue.shops_with(connection, item_type, item_key)
    shop_of = catalogue.shops_of_offers(connection, shown) if shops else {}
    return _first(shown, lambda key: shop_of.get(key) in shops, item_type)


def _first(shown: Sequence[int], matches: Callable[[int], bool], via: ItemType | None) -> Place | None:
    return next((Place(at + 1, via) for at, key in enumerate(shown) if matches(key)), None)
