"""Confidence sequences: intervals that hold at all times at once, so that everybody may look every day.

An ordinary 95 % interval is wrong in far more than 5 % of experiments on at least one of thirty days. The intervals
here are asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, Annals of Statistics
52:2613, theorem 2.2): Robbins' Gaussian mixture with estimated variances. Turned around they are the mixture
sequential probability ratio test (Johari, Koomen, Pekelis & Walsh 2022, Operations Research 70:1806).

Time is counted in observations, n. Where each student counts once, when their period is over, n is the number of
students. Where a student's figures go on growing, n is the number of student-days: were the days of a student
independent, the theorem would speak of them as they are; days of one student resemble each other, so estimates
of different days differ less than that, and by Slepian's inequality the boundary is crossed less often still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cobi.analytics.experiments.contrasts import Contrast


@dataclass(frozen=True, slots=True)
class Sequence:
    """A plan of looking, made before the first look and kept.

    Any `planned` is valid; near that many observations the intervals are narrowest. Too small costs less than
    too large, as early stopping needs early power.
    """

    planned: int
    alpha: float = 0.05

    @property
    def _rho2(self) -> float:
        # The minimum of the width at `planned` (the paper's appendix, after Howard et al. 2021, equation 3.7).
        logs = -2 * math.log(self.alpha)
        return (logs + math.log(logs + 1)) / self.planned

    def multiplier(self, observations: int) -> float:
        """Half an interval's width in standard errors."""
        mixed = observations * self._rho2
        return math.sqrt((1 + 1 / mixed) * (math.log1p(mixed) - 2 * math.log(self.alpha)))

    def p_value(self, deviation: float, observations: int) -> float:
        """The smallest alpha at which so many standard errors are outside; valid at all times at once."""
        mixed = observations * self._rho2
        return min(1.0, math.exp((math.log1p(mixed) - deviation**2 * mixed / (1 + mixed)) / 2))


def difference_interval(found: Contrast, multiplier: float) -> tuple[float, float]:
    """Of treated − control."""
    half = multiplier * math.sqrt(found.difference_variance)
    return found.difference - half, found.difference + half


def lift_interval(found: Contrast, multiplier: float) -> tuple[float | None, float | None]:
    """Of treated / control − 1; None, None while the control's level is not told from 0.

    Fieller's (1954, JRSS B 16:175): all ratios r for which treated − r · control is not told from 0. It leaves
    out 0 exactly when the interval of the difference does.
    """
    square = multiplier**2
    a = found.control**2 - square * found.control_variance
    b = found.treated * found.control - square * found.shared
    c = found.treated**2 - square * found.treated_variance
    if a <= 0:
        return None, None
    half = math.sqrt(max(0.0, b * b - a * c))
    return (b - half) / a - 1, (b + half) / a - 1
