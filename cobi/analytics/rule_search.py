"""A short rule for a group: any of some conditions and all of some others, found greedily by F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]

MOST_ANY, MOST_ALL = 4, 2
WORTH = 0.01
"""A further condition must raise F1 by so much."""


@dataclass(frozen=True)
class Found:
    """Columns of which at least one (`some`) and all (`every`) hold, and how well that tells the group."""

    some: tuple[int, ...]
    every: tuple[int, ...]
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def search(conditions: BoolArray, group: BoolArray) -> Found:
    """The rule for a group (bool[n]) from conditions (bool[n × c])."""
    best = Found((), (), float(group.mean()), 1.0)
    for most, alternatives in ((MOST_ANY, True), (MOST_ALL, False)):
        for _ in range(most):
            further = [
                _judged(conditions, group, *_with(best, column, alternatives=alternatives))
                for column in range(conditions.shape[1])
                if column not in best.some + best.every
            ]
            better = max(further, key=lambda found: found.f1, default=best)
            if better.f1 < best.f1 + WORTH:
                break
            best = better
    return best


def meets(conditions: BoolArray, some: tuple[int, ...], every: tuple[int, ...]) -> BoolArray:
    """Which rows meet such a rule."""
    met = np.ones(len(conditions), np.bool_)
    if some:
        met &= np.logical_or.reduce(conditions[:, list(some)], axis=1)
    return met & np.logical_and.reduce(conditions[:, list(every)], axis=1)


def _with(found: Found, column: int, *, alternatives: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if alternatives:
        return (*found.some, column), found.every
    return found.some, (*found.every, column)


def _judged(conditions: BoolArray, group: BoolArray, some: tuple[int, ...], every: tuple[int, ...]) -> Found:
    met = meets(conditions, some, every)
    hits = float((met & group).sum())
    return Found(some, every, hits / max(float(met.sum()), 1.0), hits / max(float(group.sum()), 1.0))
