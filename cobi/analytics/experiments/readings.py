"""One metric of one arm beside the control, as it may be read on any day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from cobi.analytics.experiments.contrasts import Contrast, contrast
from cobi.analytics.experiments.sequences import Sequence, difference_interval, lift_interval
from cobi.analytics.experiments.sums import DENOMINATOR, Sums

ENOUGH_STUDENTS = 100
"""In each arm; with fewer the normal approximation is not to be trusted."""

ENOUGH_BEHIND = 20
"""Students that must stand behind each arm's outcome (`Sums.behind`), for the same reason."""


class Finding(StrEnum):
    """What a reading says of the treated arm."""

    TOO_EARLY = "TOO_EARLY"
    """Too few students, or nearly all of the outcome is a few students'."""
    BETTER = "BETTER"
    WORSE = "WORSE"
    NO_DIFFERENCE = "NO_DIFFERENCE"
    """Any lift is smaller than the smallest that matters."""
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is judged."""

    name: str
    higher_is_better: bool = True
    matters: float = 0.0
    """The smallest relative lift worth knowing of; 0 = every one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The figures; None where they are not to be had (yet). Intervals and p-values hold on all days at once."""

    metric: Metric
    finding: Finding
    treated_students: int
    control_students: int
    treated: float | None = None
    control: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    p_value: float = 1.0
    raw_difference: float | None = None
    variance_reduction: float = 0.0


def read(
    metric: Metric, treated: Sums, control: Sums, sequence: Sequence, observations: int | None = None
) -> Reading:
    """Compare two arms; `observations` as `sequences` counts them, None = the students of both arms."""
    students = treated.count, control.count
    if not (_enough(treated) and _enough(control)):
        return Reading(metric, Finding.TOO_EARLY, *students)
    found = contrast(treated, control)
    observed = sum(students) if observations is None else observations
    multiplier = sequence.multiplier(observed)
    low, high = difference_interval(found, multiplier)
    lift_low, lift_high = lift_interval(found, multiplier)
    return Reading(
        metric,
        _finding(metric, (low, high), (lift_low, lift_high)),
        *students,
        found.treated,
        found.control,
        found.difference,
        low,
        high,
        found.treated / found.control - 1 if lift_low is not None else None,
        lift_low,
        lift_high,
        sequence.p_value(_deviation(found), observed),
        found.raw_difference,
        found.variance_reduction,
    )


def _enough(arm: Sums) -> bool:
    return arm.count >= ENOUGH_STUDENTS and arm.behind >= ENOUGH_BEHIND and float(arm.sums[DENOMINATOR]) > 0


def _deviation(found: Contrast) -> float:
    """The difference in standard errors."""
    if found.difference == 0:
        return 0.0
    error = math.sqrt(found.difference_variance)
    return found.difference / error if error > 0 else math.inf


def _finding(
    metric: Metric, difference: tuple[float, float], lift: tuple[float | None, float | None]
) -> Finding:
    low, high = difference
    lift_low, lift_high = lift
    # An interval wholly inside the indifferent zone also where it leaves 0 out: surely there, and too small to matter.
    if (
        lift_low is not None
        and lift_high is not None
        and -metric.matters < lift_low
        and lift_high < metric.matters
    ):
        return Finding.NO_DIFFERENCE
    if low > 0 or high < 0:
        return Finding.BETTER if (low > 0) == metric.higher_is_better else Finding.WORSE
    return Finding.UNDECIDED
