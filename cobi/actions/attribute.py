"""Whether an interaction really came of the recommendation it names (contract §5).

The outcomes are tried in the order of their gravity: an id nobody can have given, one nobody gave, another
student's, a wrong time, a wrong item. An interaction whose student is not known is judged as if the answer's own
student had made it: the id is the evidence, and only a different known student contradicts it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cobi.actions.segments.belonging import belonged
from cobi.domain.claims import ClaimRules
from cobi.domain.interaction import ItemType, Outcome
from cobi.domain.moments import DAY, SECOND, day_of
from cobi.domain.segments.rule import When
from cobi.store import catalogue, impressions, segments
from cobi.store.attributions import Attribution, Claim
from cobi.store.database import Connection
from cobi.store.impressions import Impression

CLOCK_TOLERANCE = 2 * SECOND
"""Apps that stamp whole seconds seem to click up to a second before they were served."""

DEFAULT_WINDOW = 7 * DAY


@dataclass(frozen=True)
class Place:
    """A shown item's position from 1, and how the claimed item belongs to it (None: they are one)."""

    position: int
    via: ItemType | None


def classify(connection: Connection, claims: Collection[Claim], rules: ClaimRules) -> list[Attribution]:
    """The verdict on each claim."""
    ids = {claim.recommendation_id for claim in claims if claim.recommendation_id is not None}
    served = impressions.fetch(connection, {one for one in ids if not rules.signature.forged(one)})
    verdicts: list[Attribution] = []
    for claim in claims:
        if claim.recommendation_id is None:
            verdicts.append(_infer(connection, claim, rules))
        else:
            verdicts.append(_match(connection, claim, served.get(claim.recommendation_id), rules))
    return verdicts


def _match(
    connection: Connection, claim: Claim, impression: Impression | None, rules: ClaimRules
) -> Attribution:
    if impression is None:
        forged = rules.signature.forged(claim.recommendation_id or b"")
        return Attribution(claim.interaction_id, Outcome.FORGED if forged else Outcome.UNKNOWN_ID)
    outcome, place = Outcome.MATCHED, None
    if not _shown_to(connection, claim, impression):
        outcome = Outcome.OTHER_STUDENT
    elif claim.event_timestamp < impression.served - CLOCK_TOLERANCE:
        outcome = Outcome.BEFORE_SERVED
    elif claim.event_timestamp > impression.served + rules.window:
        outcome = Outcome.EXPIRED
    else:
        place = locate(connection, claim.item_type, claim.item_key, impression)
        outcome = Outcome.MATCHED if place else Outcome.ITEM_NOT_SHOWN
    return _verdict(claim, outcome, impression, place)


def _infer(connection: Connection, claim: Claim, rules: ClaimRules) -> Attribution:
    if claim.student_key is not None:
        moment = claim.event_timestamp
        for impression in impressions.latest(
            connection, claim.student_key, moment - rules.window, moment + CLOCK_TOLERANCE
        ):
            place = locate(connection, claim.item_type, claim.item_key, impression)
            if place:
                return _verdict(claim, Outcome.INFERRED, impression, place)
    return Attribution(claim.interaction_id, Outcome.MISSING_ID)


def _verdict(claim: Claim, outcome: Outcome, impression: Impression, place: Place | None) -> Attribution:
    position, via = (place.position, place.via) if place else (None, None)
    return Attribution(claim.interaction_id, outcome, impression.recommendation_id, position, via)


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
