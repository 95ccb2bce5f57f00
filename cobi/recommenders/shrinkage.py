"""A group's x: the mean of its members', the nearer to everybody's the less the members say together.

Positive-part James–Stein (James & Stein, 1961; Efron & Morris, 1973). With the members' mean m, everybody's g and the
members' total variance V = Σⱼ var(xⱼ), m misses the group's true mean by V / n in squared length on average, so that

    x = g + (1 - B)(m - g),    B = min(1, (V / n) / |m - g|²).

The factor (p - 2) / p of the original is 1 for p in the thousands. V of few members is itself shrunken, as if ten
more had varied like everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.signals import Signals, of_segment
from cobi.recommenders.sparse import sums

ASSUMED = 10.0
"""With so many members the group's own variance weighs as much as everybody's."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Of how many, their mean x and the sum of its signals' variances (unbiased; 0 of one)."""

    size: int
    mean: Signals
    variance: float


def crowd_of(members: Sequence[Signals]) -> Crowd:
    """What these members say together."""
    mean = of_segment(members)
    if len(members) < 2:
        return Crowd(len(members), mean, 0.0)
    squares = sum(float(member.value @ member.value) for member in members)
    spread = squares - len(members) * float(mean.value @ mean.value)
    return Crowd(len(members), mean, max(spread, 0.0) / (len(members) - 1))


def shrinkage(group: Crowd, everybody: Crowd) -> float:
    """B, 0…1: how far the group's x is drawn to everybody's mean."""
    if group.size == 0:
        return 1.0
    own = group.size - 1
    variance = (own * group.variance + ASSUMED * everybody.variance) / (own + ASSUMED)
    difference = _mixed(group.mean, 1.0, everybody.mean, -1.0).value
    apart = float(difference @ difference)
    return 1.0 if apart == 0 else min(1.0, variance / group.size / apart)


def shrunken_mean(group: Crowd, everybody: Crowd) -> Signals:
    """x of the group."""
    drawn = shrinkage(group, everybody)
    return _mixed(group.mean, 1.0 - drawn, everybody.mean, drawn)


def _mixed(one: Signals, weight: float, other: Signals, other_weight: float) -> Signals:
    index, place = np.unique(np.concatenate([one.index, other.index]), return_inverse=True)
    value = np.concatenate([one.value * weight, other.value * other_weight])
    return Signals(index, sums(place, value, len(index)))
