"""Judging claims again after something they were judged by has changed."""

from __future__ import annotations

from collections.abc import Collection

from cobi.actions.attribute import classify
from cobi.domain.claims import ClaimRules
from cobi.store import attributions
from cobi.store.database import Connection


def reclassify(
    connection: Connection, interaction_ids: Collection[bytes], now: int, rules: ClaimRules
) -> None:
    """Reopen the verdicts on these interactions, and only these."""
    claims = attributions.reopen(connection, interaction_ids)
    attributions.add(connection, classify(connection, claims, rules), now)
