"""What can be asked of arrivals."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.errors import InvalidRequest
from cobi.domain.moments import DAY, HOUR

STEPS = {"hour": HOUR, "day": DAY}
"""What arrivals are told apart by, and how long each is in microseconds."""

HOURS_KEPT_DAYS = 35
"""Older days are no longer told apart by hour."""

MOST_STEPS = 1000
_USUAL = {"hour": 48, "day": 28}
"""How many steps are told where no beginning is given."""


@dataclass(frozen=True)
class Span:
    """Whole hours or days, counted from 1970 in UTC, the end exclusive."""

    by: str
    first: int
    end: int

    @property
    def step(self) -> int:
        """How long each of them is, in microseconds."""
        return STEPS[self.by]


def span(by: str, since: int | None, until: int | None, now: int) -> Span:
    """The hours or days that two moments touch, as far as they are kept; raises InvalidRequest.

    Without them the usual number of hours or days up to now.
    """
    if since is not None and until is not None and since > until:
        raise InvalidRequest("from lies after to", code="malformed_parameter")
    step = STEPS[by]
    end = now // step + 1
    if until is not None:
        end = min(end, -(-until // step))
    first = max(0, end - _USUAL[by]) if since is None else since // step
    kept = first_hour_kept(now) if by == "hour" else 0
    return Span(by, min(end, max(first, kept, end - MOST_STEPS)), end)


def first_hour_kept(now: int) -> int:
    """Before this hour days are no longer told apart by hour."""
    return (now // DAY - HOURS_KEPT_DAYS) * (DAY // HOUR)
