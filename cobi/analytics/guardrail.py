"""Whether a model that went live does clearly worse than the one before, looked at as often as one likes.

The rate is code reveals per impression; what is independent is the student. The interval of the change is an
asymptotic confidence sequence, which holds at all looks at once. Students who were there before and after make the two
rates go together, which is left out: the interval is too wide rather than too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cobi.analytics.experiments.contrasts import contrast
from cobi.analytics.experiments.sequences import Sequence
from cobi.analytics.experiments.sums import DENOMINATOR, OUTCOME, Sums

MARGIN_BESIDE_CONTROL = 0.05
"""What the change may surely be below −this, where a control at the same time tells the season's part."""

MARGIN_ALONE = 0.2
"""The same without a control: terms begin, exams come, and neither is the model's doing."""

PLANNED = 5_000
"""Student-days at which the interval is narrowest."""

ALPHA = 0.01
FEW = 200
"""With fewer student-days on either side nothing is said."""


@dataclass(frozen=True)
class Group:
    """The students of one side: Σ over students of reveals and impressions, and how many student-days they make."""

    sums: Sums
    days: int

    @property
    def rate(self) -> float:
        """Reveals per impression."""
        return float(self.sums.sums[OUTCOME] / self.sums.sums[DENOMINATOR]) if self.sums.count else 0.0


@dataclass(frozen=True)
class Finding:
    """The relative change of the rate, its interval, and whether that is clearly too bad."""

    change: float
    low: float
    high: float
    margin: float
    with_control: bool

    @property
    def worse(self) -> bool:
        """Whether even the best that is believable is too bad."""
        return self.high < -self.margin


def watch(live: Group, before: Group, control: tuple[Group, Group] | None = None) -> Finding | None:
    """How the rate changed from `before` to `live`, less how the control's did meanwhile; None of too few.

    `control` is who was shown no model's list, (during live, during before).
    """
    if control is not None and not all(_suffices(group) for group in control):
        control = None
    if not (_suffices(live) and _suffices(before)):
        return None
    change, variance = _log_change(live, before)
    if control is not None:
        season, more = _log_change(*control)
        change, variance = change - season, variance + more
    seen = min(live.days, before.days)
    half = Sequence(PLANNED, ALPHA).multiplier(seen) * math.sqrt(variance)
    margin = MARGIN_ALONE if control is None else MARGIN_BESIDE_CONTROL
    low, high = math.expm1(change - half), math.expm1(change + half)
    return Finding(math.expm1(change), low, high, margin, control is not None)


def _suffices(group: Group) -> bool:
    return group.days >= FEW and group.sums.count >= 2 and group.sums.sums[DENOMINATOR] > 0


def _log_change(after: Group, before: Group) -> tuple[float, float]:
    """log(rate after / rate before) and its variance by the delta method; never surer than as many Poisson events."""
    found = contrast(after.sums, before.sums)
    (after_log, after_variance), (before_log, before_variance) = (
        _log_rate(after, found.treated_variance),
        _log_rate(before, found.control_variance),
    )
    return after_log - before_log, after_variance + before_variance


def _log_rate(group: Group, variance: float) -> tuple[float, float]:
    events = float(group.sums.sums[OUTCOME]) + 0.5
    level = events / float(group.sums.sums[DENOMINATOR])
    return math.log(level), max(variance / level**2, 1 / events)
