"""Two policies on the same students: the bootstrap interval of their difference, the same to the last bit every time.

Values are whole multiples of 2⁻³², so that sums are of integers: neither the order of students nor the number of
threads changes them. What is drawn is NumPy's, and the same in each of its versions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

SCALE = 2**32
_RESAMPLES_AT_ONCE = 100


@dataclass(frozen=True)
class Difference:
    """Means over students, their difference one − other, and its interval."""

    students: int
    one: float
    other: float
    difference: float
    low: float
    high: float


def in_steps(values: NDArray[np.float64]) -> IntArray:
    """Values of a moderate size as multiples of 2⁻³²."""
    return np.rint(values * SCALE).astype(np.int64)


def paired_bootstrap(
    one: IntArray, other: IntArray, *, level: float, resamples: int, seed: int
) -> Difference:
    """The percentile interval (Efron & Tibshirani 1993, ch. 13) of the mean of one − other over students.

    `one` and `other` are what `in_steps` made, of the same students in the same order. Students are drawn by how
    often each different value comes, which is the same bootstrap, at the price of the different values only.
    """
    n = len(one)
    if n == 0:
        return Difference(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    values, counts = np.unique(one - other, return_counts=True)
    luck = np.random.default_rng(seed)
    sums = np.concatenate(
        [
            luck.multinomial(n, counts / n, size=min(_RESAMPLES_AT_ONCE, resamples - first)) @ values
            for first in range(0, resamples, _RESAMPLES_AT_ONCE)
        ]
    )
    sums.sort()
    tail = int((1 - level) / 2 * resamples)
    low, high = int(sums[tail]), int(sums[resamples - 1 - tail])
    of_one, of_other = int(one.sum()), int(other.sum())
    unit = SCALE * n
    return Difference(n, of_one / unit, of_other / unit, (of_one - of_other) / unit, low / unit, high / unit)


def lead(one: IntArray, other: IntArray) -> float:
    """By how many standard errors the mean of one − other is above 0; exact until the last division."""
    apart = (one - other).tolist()
    n, total = len(apart), sum(apart)
    spread = n * sum(each * each for each in apart) - total * total
    if n < 2 or spread == 0:
        return math.copysign(math.inf, total) if total else 0.0
    return total / math.sqrt(spread / (n - 1))
