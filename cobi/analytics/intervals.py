"""Confidence intervals of rates and of means over students."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a binomial proportion (Wilson 1927, JASA 22:209); (0, 1) where there were no trials."""
    if trials == 0:
        return 0.0, 1.0
    low, high = _score(successes / trials, trials, z)
    # The exact ends of 0 and of all successes are 0 and 1; rounding would miss them by an ulp.
    return 0.0 if successes == 0 else low, 1.0 if successes == trials else high


def wilson_lows(
    successes: NDArray[np.int64], trials: NDArray[np.int64], z: float = Z_95
) -> NDArray[np.float64]:
    """The lower end of `wilson` of each; 0 where there were no trials."""
    n = np.maximum(trials, 1).astype(np.float64)
    rate, square = successes / n, z * z
    half = z * np.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    low = (rate + square / (2 * n) - half) / (1 + square / n)
    return np.where((trials == 0) | (successes == 0), 0.0, np.maximum(low, 0.0))


def rate_difference(one: tuple[int, int], other: tuple[int, int], z: float = Z_95) -> tuple[float, float]:
    """The interval of one rate − another, each (successes, trials); (−1, 1) where either had no trials.

    The square-and-add interval of two Wilson intervals (Newcombe 1998, Stat. Med. 17:873, method 10).
    """
    if not one[1] or not other[1]:
        return -1.0, 1.0
    rate, low, high = one[0] / one[1], *wilson(*one, z)
    base, least, most = other[0] / other[1], *wilson(*other, z)
    difference = rate - base
    return difference - math.hypot(rate - low, most - base), difference + math.hypot(
        high - rate, base - least
    )


def mean_of_shares(values: NDArray[np.float64], z: float = Z_95) -> tuple[float, float, float]:
    """The mean of values in 0…1, one for each student, and its interval; (0, 0, 1) of nobody.

    Wilson's interval with the effective number of trials n · m (1 − m) / s² (as for complex samples, Franco et
    al. 2019, JSSAM 7:334): it stays inside 0…1, and a mean of 0 from few students is not taken for certain. To
    s² = (Σ (value − m)² + m (1 − m)) / (n + 1) one observation of the largest variance is added, or a few equal
    values would seem certain. Zeros and ones give exactly `wilson`; many students give the normal interval.
    """
    n = len(values)
    if n == 0:
        return 0.0, 0.0, 1.0
    mean = min(max(float(values.mean()), 0.0), 1.0)
    largest = mean * (1 - mean)
    if largest == 0:
        return mean, *wilson(round(mean * n), n, z)
    squares = float(((values - mean) ** 2).sum())
    return mean, *_score(mean, n * (n + 1) / (1 + squares / largest), z)


def mean_difference(
    one: NDArray[np.float64], other: NDArray[np.float64], z: float = Z_95
) -> tuple[float, float, float]:
    """The mean of one − other, both in 0…1 and of the same students, and its interval; (0, −1, 1) of nobody."""
    middle, low, high = mean_of_shares((1 + one - other) / 2, z)
    return (2 * middle - 1 if len(one) else 0.0), 2 * low - 1, 2 * high - 1


def jackknife(
    value: float, losses: NDArray[np.float64], bounds: tuple[float, float], z: float = Z_95
) -> tuple[float, float, float]:
    """A statistic of all students and its normal interval; `losses`: how much less it would be without each one.

    The variance is the jackknife's, (n − 1) / n · Σ (loss − mean loss)², which on average is no less than the
    true one of n − 1 students (Efron & Stein 1981, Ann. Stat. 9:586). Of fewer than two the bounds are answered.
    """
    n = len(losses)
    if n < 2:
        return value, *bounds
    error = math.sqrt((n - 1) / n * float(((losses - losses.mean()) ** 2).sum()))
    return value, max(bounds[0], value - z * error), min(bounds[1], value + z * error)


def _score(rate: float, trials: float, z: float) -> tuple[float, float]:
    scale = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / scale
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)
