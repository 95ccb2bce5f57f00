"""All that a comparison needs to know of the students of an arm: counts, sums and sums of products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

OUTCOME, DENOMINATOR, COVARIATES = 0, 1, 2
"""The columns: what is measured, what it is counted per, and from there on what was known before."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sufficient statistics of k columns over students.

    Sums of two groups are the sums of the union, and a student whose figures have grown is replaced by taking away
    what they were and adding what they are: nothing else needs to be kept. Whole numbers stay exact up to 2^53.
    """

    count: int
    """Students."""
    sums: FloatArray
    """Of each column; k."""
    products: FloatArray
    """Of each pair of columns, Σ over students; k × k, symmetric."""

    @staticmethod
    def of(outcome: FloatArray, denominator: FloatArray | None = None, *covariates: FloatArray) -> Sums:
        """From one value for each student; without a denominator the metric is counted per student.

        A covariate is anything known of the student before the experiment could touch it, best the same
        metric in the weeks before; 0 for who was not there yet.
        """
        ones = np.ones(len(outcome)) if denominator is None else denominator
        rows = np.column_stack([outcome, ones, *covariates]).astype(np.float64)
        return Sums(len(rows), rows.sum(axis=0), rows.T @ rows)

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.count + other.count, self.sums + other.sums, self.products + other.products)

    def __sub__(self, other: Sums) -> Sums:
        return Sums(self.count - other.count, self.sums - other.sums, self.products - other.products)

    @property
    def mean(self) -> FloatArray:
        """Of each column; k."""
        return self.sums / self.count

    @property
    def covariance(self) -> FloatArray:
        """Of the columns, over n − 1; k × k."""
        centred = self.products - np.outer(self.sums, self.sums) / self.count
        return centred / (self.count - 1)

    @property
    def behind(self) -> float:
        """How many students stand behind the outcome: (Σ y)² / Σ y² (Kish 1965).

        Of zeros and ones it is the number of ones; a few students who did nearly everything count as those few.
        """
        squares = float(self.products[OUTCOME, OUTCOME])
        return float(self.sums[OUTCOME]) ** 2 / squares if squares > 0 else 0.0
