"""When counts of the feedback loop say that something is wrong, and since when.

A share is too large only where it surely is: the lower end of its interval at z = 4, which one clean month in
thousands crosses, lies above the limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cobi.analytics.intervals import wilson

SURE = 4.0
"""Standard errors."""

VERY_SURE = 6.0
ENOUGH_EXPECTED = 20.0
"""Of a Poisson count: none at all then happens once in 500 million times."""


def exceeds(part: int, whole: int, limit: float) -> bool:
    """Whether a share surely lies above a limit."""
    return whole > 0 and wilson(part, whole, SURE)[0] > limit


def is_silent(counts: Mapping[int, int], today: int, quiet_days: int, usual_days: int) -> bool:
    """Whether nothing has come for whole days, today not counted, where much should have; counts by day."""
    last = max((day for day, counted in counts.items() if counted), default=today)
    if today - last - 1 < quiet_days:
        return False
    # Weeks have their rhythm: what came in the quietest stretch of as many days until then.
    stretches = [
        sum(counts.get(day - back, 0) for back in range(quiet_days))
        for day in range(last - usual_days + quiet_days, last + 1)
    ]
    return min(stretches) >= ENOUGH_EXPECTED


def is_missing(found: int, trials: int, part: int, whole: int) -> bool:
    """Whether none was found among so many trials, though elsewhere `part` of `whole` were."""
    return found == 0 and whole > 0 and trials * part / whole >= ENOUGH_EXPECTED


def has_shifted(before: tuple[int, int], now: tuple[int, int], least: float, enough: int) -> bool:
    """Whether a share, given as (part, whole), surely changed, and by more than `least`."""
    if min(before[1], now[1]) < enough:
        return False
    one, other = before[0] / before[1], now[0] / now[1]
    pooled = (before[0] + now[0]) / (before[1] + now[1])
    error = math.sqrt(pooled * (1 - pooled) * (1 / before[1] + 1 / now[1]))
    return abs(other - one) > least and error > 0 and abs(other - one) / error > VERY_SURE


def run(parts: Mapping[int, int], wholes: Mapping[int, int], limit: float, recent: range) -> tuple[int, int]:
    """The latest run of days on which a share lay above a limit, first and last, ending in `recent`.

    Days without any are no end. Where no single day lies above, all of `recent`.
    """

    def above(day: int) -> bool:
        return parts.get(day, 0) > limit * wholes.get(day, 0)

    last = next((day for day in reversed(recent) if above(day)), None)
    if last is None:
        return recent[0], recent[-1]
    first = last
    for day in range(last, min(wholes) - 1, -1):
        if wholes.get(day, 0) and not above(day):
            break
        if wholes.get(day, 0):
            first = day
    return first, last
