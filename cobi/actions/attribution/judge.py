"""Judging claims, new ones and again after something they were judged by has changed, with all that hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cobi.actions.attribution import convert
from cobi.actions.attribution.account import accounting
from cobi.actions.attribution.attribute import Judged, classify
from cobi.actions.attribution.convert import by_choice
from cobi.domain.claims import ClaimRules
from cobi.domain.interaction import InteractionType, ItemType
from cobi.store import attributions, conversions
from cobi.store.attributions import Attribution, Claim
from cobi.store.conversions import Reveal
from cobi.store.rollups import counting
from cobi.store.writer import Transaction


def judge(
    transaction: Transaction, claims: Sequence[Claim], now: int, rules: ClaimRules
) -> list[Attribution]:
    """Judge new claims; returns the verdicts in their order."""
    rules = by_choice(transaction.connection, rules)
    judged = classify(transaction.connection, claims, rules)
    revealed = _reveals(judged)
    with accounting(transaction, _credited(judged)):
        _keep(transaction, judged, revealed, now)
    convert.settle(transaction, {one.pair for one in revealed}, rules)
    return [one.verdict for one in judged]


def judge_again(
    transaction: Transaction, interaction_ids: Collection[bytes], now: int, rules: ClaimRules
) -> None:
    """Reopen the verdicts on these interactions, and only these."""
    connection, tallies = transaction.connection, transaction.tallies
    before = attributions.fetch(connection, interaction_ids)
    if not before:
        return
    rules = by_choice(connection, rules)
    tallies.take_back(counting.outcomes_of(connection, before.keys()))
    judged = classify(connection, attributions.claims(connection, before.keys()), rules)
    revealed = _reveals(judged)
    touched = {
        one.recommendation_id
        for one in before.values()
        if one.outcome.attributed and one.recommendation_id is not None
    }
    with accounting(transaction, {*touched, *_credited(judged)}):
        attributions.remove(connection, before.keys())
        forgotten = conversions.forget_reveals(connection, before.keys())
        # Purchases counted for them are settled below.
        conversions.detach(connection, before.keys())
        _keep(transaction, judged, revealed, now)
    convert.settle(transaction, {one.pair for one in [*forgotten, *revealed]}, rules)


def _keep(transaction: Transaction, judged: Sequence[Judged], revealed: Sequence[Reveal], now: int) -> None:
    connection = transaction.connection
    attributions.add(connection, [one.verdict for one in judged], now)
    conversions.add_reveals(connection, revealed)
    outcomes = ((one.claim.event_timestamp, one.verdict.outcome.value, one.claim.platform) for one in judged)
    counting.count_outcomes(transaction.tallies, outcomes)


def _credited(judged: Sequence[Judged]) -> set[bytes]:
    return {
        one.verdict.recommendation_id
        for one in judged
        if one.verdict.outcome.attributed and one.verdict.recommendation_id is not None
    }


def _reveals(judged: Sequence[Judged]) -> list[Reveal]:
    """The attributed code reveals of offers; one that names nobody is of the student the answer was for."""
    found: list[Reveal] = []
    for one in judged:
        claim, answer = one.claim, one.verdict.recommendation_id
        if not one.verdict.outcome.attributed or answer is None or claim.item_type is not ItemType.OFFER:
            continue
        student = one.shown_to if claim.student_key is None else claim.student_key
        if claim.interaction_type == InteractionType.DISCOUNT_CODE and student is not None:
            pair = (student, claim.item_key)
            found.append(Reveal(claim.interaction_id, pair, claim.event_timestamp, answer))
    return found
