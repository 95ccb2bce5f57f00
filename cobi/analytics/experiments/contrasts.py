"""Two arms compared on one metric: their levels, adjusted for what was known before, and their covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.analytics.experiments.sums import COVARIATES, DENOMINATOR, OUTCOME, FloatArray, Sums


@dataclass(frozen=True, slots=True)
class Contrast:
    """A metric's level in two arms of different students.

    Levels are Σ outcome / Σ denominator, adjusted. The variances are of the levels as estimates; `shared` is
    the covariance of the two, which cancels in their difference and not in their ratio.
    """

    treated: float
    control: float
    treated_variance: float
    control_variance: float
    shared: float
    raw_difference: float
    """What the difference would be without adjustment."""
    variance_reduction: float
    """The share of the raw difference's variance that the covariates took away, 0…1."""

    @property
    def difference(self) -> float:
        return self.treated - self.control

    @property
    def difference_variance(self) -> float:
        return self.treated_variance + self.control_variance - 2 * self.shared


def contrast(treated: Sums, control: Sums) -> Contrast:
    """Compare two arms with the same columns, each of two students or more and a denominator above 0.

    The level of an arm is a ratio of sums over students, who are independent of each other as their events are
    not; its variance is the delta method's (Deng, Knoblich & Lu 2018, KDD). Covariates are taken out by CUPED (Deng
    et al. 2013, WSDM) with one coefficient for both arms, the one that makes the difference surest; in a
    ratio they act on its linear part. Adjustment moves no expectation, whatever the covariates are.
    """
    arms = (treated, control)
    gradients = [_gradient(arm) for arm in arms]
    theta = _theta(arms, gradients)
    everybody = (treated + control).mean[COVARIATES:]
    levels = [_level(arm) for arm in arms]
    adjusted = [
        level - float(theta @ (arm.mean[COVARIATES:] - everybody))
        for level, arm in zip(levels, arms, strict=True)
    ]
    shared = float(theta @ (treated + control).covariance[COVARIATES:, COVARIATES:] @ theta)
    shared /= treated.count + control.count
    before = [_variance(arm, gradient) for arm, gradient in zip(arms, gradients, strict=True)]
    after = [
        _variance(arm, np.append(gradient[:COVARIATES], -theta))
        for arm, gradient in zip(arms, gradients, strict=True)
    ]
    return Contrast(
        adjusted[0],
        adjusted[1],
        after[0] + shared,
        after[1] + shared,
        shared,
        levels[0] - levels[1],
        max(0.0, 1 - sum(after) / sum(before)) if sum(before) > 0 else 0.0,
    )


def _level(arm: Sums) -> float:
    return float(arm.sums[OUTCOME] / arm.sums[DENOMINATOR])


def _gradient(arm: Sums) -> FloatArray:
    """By how much one student's columns move the level, times the students."""
    gradient = np.zeros(len(arm.sums))
    gradient[OUTCOME], gradient[DENOMINATOR] = 1, -_level(arm)
    return gradient / arm.mean[DENOMINATOR]


def _variance(arm: Sums, gradient: FloatArray) -> float:
    return max(0.0, float(gradient @ arm.covariance @ gradient)) / arm.count


def _theta(arms: tuple[Sums, Sums], gradients: list[FloatArray]) -> FloatArray:
    """The covariates' coefficients that leave the least variance in the difference; 0 for useless ones."""
    size = len(arms[0].sums)
    covariance, along = np.zeros((size, size)), np.zeros(size)
    for arm, gradient in zip(arms, gradients, strict=True):
        own = arm.covariance / arm.count
        covariance += own
        along += own @ gradient
    spread = np.diag(covariance)[COVARIATES:]
    squares = np.diag(arms[0].products) / arms[0].count ** 2 + np.diag(arms[1].products) / arms[1].count ** 2
    # A constant covariate has no spread but what rounding left of its square.
    scale = np.sqrt(np.where(spread > 1e-12 * squares[COVARIATES:], spread, np.inf))
    alike = covariance[COVARIATES:, COVARIATES:] / np.outer(scale, scale)
    inverse = np.linalg.pinv(alike, rcond=1e-9, hermitian=True).astype(np.float64)
    return inverse @ (along[COVARIATES:] / scale) / scale
