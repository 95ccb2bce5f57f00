"""What error a look may spend where one looks again and again at others: at most `total` of wrong claims at all looks.

Looks hang on one another (their weeks overlap, their candidates resemble each other), in ways nobody knows. So each
look is given a part of the whole, and the parts add up to it: by the union bound the promise holds however looks
depend on each other, and at whatever moments they are taken (alpha spending: Lan & DeMets 1983, Biometrika 70:659; for
a stream of different hypotheses Foster & Stine 2008, JRSS B 70:429, and Tian & Ramdas 2021, SMMR 30:976).

Half is spent by looks, half by time: the first lets who looks seldom tell early, the second leaves something to who
looks often and long.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from cobi.domain.moments import DAY

_DIGITS = 4


@dataclass(frozen=True)
class Look:
    """Which look it is, from 1, and the microseconds since looking began: until it, and until the one before."""

    number: int = 1
    now: int = 0
    before: int = 0


FIRST = Look()
"""The first, taken at once."""


def may_spend(look: Look, total: float, half_days: float) -> float:
    """The error of one look: of half the total a k-th part less a (k + 1)-th, of half what the time since brought.

    By time, half of that half is spent within `half_days`, two thirds within twice as many.
    """
    by_looks = 1 / look.number - 1 / (look.number + 1)
    by_time = _passed(look.now, half_days) - _passed(min(look.before, look.now), half_days)
    return total / 2 * (by_looks + by_time)


def standard_errors(error: float, students: int) -> float:
    """How many standard errors of so many students' mean are exceeded with that probability, where the truth is 0.

    Student's t by the first term of its expansion around the normal (Abramowitz & Stegun 26.7.5); rounded, so that it
    is the same on each machine.
    """
    z = -NormalDist().inv_cdf(error)
    return round(z + (z**3 + z) / (4 * max(students - 1, 1)), _DIGITS)


def _passed(microseconds: int, half_days: float) -> float:
    days = max(microseconds, 0) / DAY
    return days / (days + half_days)
