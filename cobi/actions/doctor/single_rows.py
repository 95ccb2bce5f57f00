"""What counts by day do not show: bursts, and clocks that are ahead."""

from __future__ import annotations

from collections.abc import Iterable

from cobi.actions.doctor.finding import Finding, platform_name
from cobi.actions.doctor.illnesses import AHEAD, BURST
from cobi.analytics import loop_health
from cobi.domain.moments import DAY, HOUR, SECOND
from cobi.store import loop_checks
from cobi.store.database import Connection

MOST_AN_HOUR = 300
"""No person does more."""

EARLY = 600 * SECOND
_MOST_AHEAD = 0.01


def bursts(connection: Connection, now: int) -> Iterable[Finding]:
    """Whoever did more in an hour of the last day than a person can."""
    found = loop_checks.bursts(connection, now - DAY, now + DAY, MOST_AN_HOUR)
    if found:
        owners, hours = {owner for owner, _, _ in found}, [hour * HOUR // DAY for _, hour, _ in found]
        figures = {
            "students_or_pseudonyms": len(owners),
            "interactions": sum(counted for _, _, counted in found),
            "most_in_an_hour": max(counted for _, _, counted in found),
        }
        yield Finding(BURST, min(hours), max(hours), {}, figures)


def ahead(connection: Connection, now: int) -> Iterable[Finding]:
    """Platforms whose interactions are received before they happen."""
    for platform, (early, counted) in sorted(
        loop_checks.ahead(connection, now - DAY, now + DAY, EARLY).items()
    ):
        if loop_health.exceeds(early, counted, _MOST_AHEAD):
            told = {"hours": 24, "interactions": counted, "affected": early, "share": early / counted}
            where = {"platform": platform_name(platform)}
            yield Finding(AHEAD, (now - DAY) // DAY, now // DAY, where, told)
