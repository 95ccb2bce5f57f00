"""The gate's rule as a table of its parameters, and every one that decided until now.

A decision's bundle carries the rule it was made by, so that it can be come to again when the rule has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Rule:
    """What a verdict hangs on besides the evidence; in an older rule what came later is None or False."""

    version: int
    few: int
    """With fewer students nothing is decided."""
    level: float
    """Of the bootstrap interval."""
    resamples: int
    gain: float
    """What is certainly less than this much better is held: it is not worth the change."""
    narrower: float
    """A candidate that shows fewer than this share of the offers the live model shows is held."""
    log_level: float | None = None
    """Of the interval by the log, which objects where it lies below 0."""
    log_leads: bool = False
    """Whether what the log rather speaks against is not promoted, be it ever so unsure."""
    error: float | None = None
    """How probably a candidate that is no better takes a live model's place, at all comparisons with it together."""
    half_days: float = 28.0
    """So long it takes until half of what is spent by time is spent."""

    def as_json(self) -> dict[str, Any]:
        """As a bundle carries it."""
        return asdict(self)


_FIRST = Rule(version=1, few=100, level=0.99, resamples=10_000, gain=0.01, narrower=0.5)
_QUICKER = replace(_FIRST, version=2, resamples=4_000)
_LOG_ASKED = replace(_QUICKER, version=3, log_level=0.9)
_LOG_OBJECTS_EARLIER = replace(_LOG_ASKED, version=4, log_level=0.8)
RULE = replace(_LOG_OBJECTS_EARLIER, version=5, log_leads=True, error=0.01)
"""The one that decides now. A change of it is a new version; those that decided stay in the list."""

RULES = (_FIRST, _QUICKER, _LOG_ASKED, _LOG_OBJECTS_EARLIER, RULE)


def rule_of(kept: Mapping[str, Any]) -> Rule | None:
    """The rule a bundle carries; None where no rule until now says the same.

    The first four were kept without their number and without what came later.
    """
    for rule in RULES:
        said = rule.as_json()
        if {name: said.get(name) for name in kept} == dict(kept):
            return rule
    return None
