"""Which code reveal a purchase is the conversion behind (contract §5).

A purchase that names a student and an offer converts an attributed reveal of that offer's code by that student, at most
the attribution window before. Of several it is the last one, or the first where first touch is the setting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from cobi.actions.attribution.account import accounting
from cobi.domain.claims import CLOCK_TOLERANCE, ClaimRules, Touch
from cobi.store import conversions, organisation_settings
from cobi.store.conversions import Conversion, Pair, Purchase, Reveal
from cobi.store.database import Connection
from cobi.store.writer import Transaction


def by_choice(connection: Connection, rules: ClaimRules) -> ClaimRules:
    """The rules as the organisation has chosen them."""
    chosen = organisation_settings.value(connection, "attribution_touch")
    return rules if chosen is None else replace(rules, touch=Touch[chosen])


def settle(transaction: Transaction, pairs: Collection[Pair], rules: ClaimRules) -> None:
    """Settle anew what the purchases of these students of these offers are counted for."""
    bought = conversions.purchases(transaction.connection, pairs) if pairs else []
    if bought:
        revealed = conversions.reveals(transaction.connection, {one.pair for one in bought})
        _replace(transaction, {one.key for one in bought}, pair_up(bought, revealed, rules))


def settle_purchases(
    transaction: Transaction, changed: Collection[int], pairs: Collection[Pair], rules: ClaimRules
) -> None:
    """Settle purchases that are new, of these pairs, or that have `changed`, by their keys."""
    revealed = conversions.reveals(transaction.connection, pairs) if pairs else []
    if not revealed and not changed:
        return
    bought = conversions.purchases(transaction.connection, {one.pair for one in revealed})
    found = pair_up(bought, revealed, by_choice(transaction.connection, rules))
    _replace(transaction, {*changed, *(one.key for one in bought)}, found)


def pair_up(purchases: Sequence[Purchase], reveals: Sequence[Reveal], rules: ClaimRules) -> list[Conversion]:
    """Each purchase that a reveal went before, with the one it is counted for; reveals are given earliest first."""
    of: dict[Pair, list[Reveal]] = {
        pair: list(those) for pair, those in groupby(sorted(reveals, key=_order), key=lambda one: one.pair)
    }
    found: list[Conversion] = []
    for purchase in purchases:
        earliest, latest = purchase.moment - rules.window, purchase.moment + CLOCK_TOLERANCE
        before = [one for one in of.get(purchase.pair, []) if earliest <= one.moment <= latest]
        if before:
            found.append(Conversion(purchase, before[0 if rules.touch is Touch.FIRST else -1]))
    return found


def _order(reveal: Reveal) -> tuple[Pair, int, bytes]:
    return reveal.pair, reveal.moment, reveal.interaction_id


def _replace(transaction: Transaction, keys: Collection[int], found: Sequence[Conversion]) -> None:
    before = conversions.of_purchases(transaction.connection, keys)
    touched = {*before.values(), *(one.reveal.recommendation_id for one in found)}
    if touched:
        with accounting(transaction, touched):
            conversions.replace(transaction.connection, keys, found)
