"""Counting the figures of reports anew from the rows."""

from __future__ import annotations

from typing import Any

from cobi.actions.attribution.convert import settle
from cobi.domain.claims import ClaimRules
from cobi.store import conversions
from cobi.store.arrivals import kept
from cobi.store.database import Connection
from cobi.store.rollups import audit
from cobi.store.writer import Transaction


def rebuild(transaction: Transaction, rules: ClaimRules) -> dict[str, Any]:
    """Pair purchases with code reveals and fill the rollups; answers how many figures had been different."""
    connection = transaction.connection
    settle(transaction, conversions.pairs_with_purchases(connection), rules)
    # What settling changed is written, so that it is not taken for a difference.
    transaction.tallies.flush(connection)
    different = audit.rebuild(connection) + kept.differences(connection)
    kept.rebuild(connection)
    return {"different": different, "conversions": conversions.count(connection)}


def differences(connection: Connection) -> int:
    """How many figures of the rollups are not what the rows come to."""
    return audit.differences(connection) + kept.differences(connection)
