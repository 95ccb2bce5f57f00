"""Sums of ratios of sums over students who are independent of each other, and how sure they are.

A mean is one such ratio, with denominators 1; a self-normalised mean another, with weights as denominators. What one
student did is one observation, however often they came: their visits resemble each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.analytics.intervals import Z_95

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DRAWS = 2000
"""Bootstrap samples."""

MOST_GROUPS = 4000
"""More students than this are drawn in groups of several, which are as independent of each other as they are."""

_AT_ONCE = 2_000_000
"""Cells of drawn counts held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Σ over columns of (Σ over rows of numerators) / (Σ over rows of denominators); a row is a student.

    Both are students × columns, and each column of denominators has a sum above 0.
    """

    numerators: FloatArray
    denominators: FloatArray

    @staticmethod
    def of_mean(values: FloatArray) -> Ratios:
        """The mean of one value for each row."""
        return Ratios(values[:, None], np.ones((len(values), 1)))

    def of_owners(self, owner: IntArray) -> Ratios:
        """The same where rows with one owner, 0 …, are one student's."""
        students = int(owner.max(initial=-1)) + 1
        return Ratios(_added(self.numerators, owner, students), _added(self.denominators, owner, students))

    def __len__(self) -> int:
        return len(self.numerators)

    def __sub__(self, other: Ratios) -> Ratios:
        """Their difference, of the same rows: what both owe to the same luck cancels."""
        return Ratios(
            np.hstack([self.numerators, -other.numerators]),
            np.hstack([self.denominators, other.denominators]),
        )

    @property
    def value(self) -> float:
        return float((self.numerators.sum(axis=0) / self.denominators.sum(axis=0)).sum())

    @property
    def pulls(self) -> FloatArray:
        """By how much each row moves the value, linearly (the influence function over n); their sum is 0."""
        below = self.denominators.sum(axis=0)
        level = self.numerators.sum(axis=0) / below
        return ((self.numerators - level * self.denominators) / below).sum(axis=1)

    @property
    def error(self) -> float:
        """The standard error, clustered by student (Liang & Zeger 1986, Biometrika 73:13); infinite of one row."""
        return _error(float((self.pulls**2).sum()), len(self))

    @property
    def skewness(self) -> float:
        """Of the estimate's own distribution, about; 0 where nothing varies."""
        pulls = self.pulls
        squares = float((pulls**2).sum())
        return float((pulls**3).sum()) / squares**1.5 if squares > 0 else 0.0

    def normal_interval(self, z: float = Z_95) -> tuple[float, float]:
        """Value ± z standard errors."""
        half = z * self.error
        return self.value - half, self.value + half

    def bootstrap_interval(
        self, seed: int, *, alpha: float = 0.05, draws: int = DRAWS
    ) -> tuple[float, float]:
        """The bootstrap-t interval (Efron 1981; Hall 1988, Annals of Statistics 16:927), the same for the same seed.

        Students are drawn with replacement and each sample is measured in its own standard errors, so the interval
        leans to where a skewed estimate can still go; with rare rewards and heavy weights the normal one does not.
        """
        grouped = self._grouped(seed)
        value, error = grouped.value, grouped.error
        if not 0 < error < math.inf:
            return value - error, value + error
        found = np.concatenate(list(_deviations(grouped, seed, draws)))
        low, high = np.quantile(found, [alpha / 2, 1 - alpha / 2])
        return value - float(high) * error, value - float(low) * error

    def _grouped(self, seed: int) -> Ratios:
        if len(self) <= MOST_GROUPS:
            return self
        group = np.random.default_rng([seed, 1]).permutation(len(self)) % MOST_GROUPS
        return self.of_owners(group)


def _added(values: FloatArray, owner: IntArray, students: int) -> FloatArray:
    columns = [np.bincount(owner, column, students) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float64)


def _error(squares: float, rows: int) -> float:
    return math.sqrt(squares * rows / (rows - 1)) if rows > 1 else math.inf


def _deviations(ratios: Ratios, seed: int, draws: int) -> Iterator[FloatArray]:
    """How far each sample's value is from ours, in the sample's standard errors."""
    rows, columns = ratios.numerators.shape
    rng, step = np.random.default_rng([seed, 2]), max(1, _AT_ONCE // rows)
    value, up, down = ratios.value, ratios.numerators, ratios.denominators
    # A sample's Σ pulls² needs the products of all columns: Σ (up − level · down)_i (up − level · down)_j.
    both = np.hstack([up, down])
    products = (both[:, :, None] * both[:, None, :]).reshape(rows, -1)
    for start in range(0, draws, step):
        counts = _counts(rng, min(step, draws - start), rows)
        sums = counts @ both
        below = np.where(sums[:, columns:] > 0, sums[:, columns:], np.nan)
        level = sums[:, :columns] / below
        gradient = np.hstack([1 / below, -level / below])
        squares = (counts @ products).reshape(-1, 2 * columns, 2 * columns)
        total = np.einsum("di,dij,dj->d", gradient, squares, gradient)
        errors = np.sqrt(np.maximum(total, 0) * rows / (rows - 1))
        deviations = (level.sum(axis=1) - value) / np.where(errors > 0, errors, np.nan)
        yield deviations[np.isfinite(deviations)]


def _counts(rng: np.random.Generator, draws: int, rows: int) -> FloatArray:
    """How often each row is in each sample of as many rows; draws × rows."""
    chosen = rng.integers(0, rows, (draws, rows)) + rows * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * rows).reshape(draws, rows).astype(np.float64)
