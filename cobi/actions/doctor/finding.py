"""One thing that was found wrong, and the counts it was found in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cobi.actions.doctor.illnesses import Illness
from cobi.domain.interaction import Platform
from cobi.domain.moments import format_day
from cobi.store.rollups.reading import Reading

WINDOW, MEMORY, QUIET = 7, 30, 2
"""Days that shares are taken over; that are looked back at; that count as silence."""

USUAL = 2 * WINDOW
"""Days that say what is usual."""

ByDay = dict[int, int]


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, from which day to which, and what shows it."""

    illness: Illness
    since: int
    until: int
    where: dict[str, str | None] = field(default_factory=dict[str, str | None])
    figures: dict[str, Any] = field(default_factory=dict[str, Any])
    samples: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As the doctor tells it."""
        return {
            "code": self.illness.code,
            "since": format_day(self.since),
            "until": format_day(self.until),
            "where": self.where,
            "what": self.illness.what,
            "likely_cause": self.illness.cause,
            "what_to_do": self.illness.remedy,
            "figures": self.figures,
            "samples": list(self.samples),
        }


def claims(read: Reading, outcomes: Sequence[int] | None = None, platform: int | None = None) -> ByDay:
    """Claims by day, of some outcomes or all, of one platform or all."""
    found: ByDay = {}
    for dimensions, (counted,) in read.outcomes:
        wanted = outcomes is None or dimensions["outcome"] in outcomes
        if wanted and platform in (None, dimensions["platform"]):
            found[dimensions["day"]] = found.get(dimensions["day"], 0) + counted
    return found


def over(counts: ByDay, days: range) -> int:
    """The sum of some days."""
    return sum(counts.get(day, 0) for day in days)


def platform_name(code: int) -> str | None:
    """A platform as it is sent."""
    return Platform(code).name if code else None
