"""Whether the log can speak of a policy: how many of its answers still count, and what it never showed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cobi.analytics.ratios import FloatArray, IntArray, Ratios

FEW = 200
"""Effective students below which no interval is worth acting on."""

THIN = 0.01
"""An effective share below which the policies are too far apart for weighting."""

HEAVY = 0.05
"""The share of all weight that one student may carry."""

UNSUPPORTED = 0.01
"""The share of the policy's choices that the log may be unable to show."""


class Caution(StrEnum):
    """Why an estimate is not to be acted on."""

    FEW_EFFECTIVE = "FEW_EFFECTIVE"
    """After weighting, hardly anybody is left."""
    THIN_OVERLAP = "THIN_OVERLAP"
    """The policies show such different lists that nearly all answers count for nothing."""
    HEAVY_WEIGHT = "HEAVY_WEIGHT"
    """One student decides."""
    WEIGHTS_OFF = "WEIGHTS_OFF"
    """Weights do not average 1: propensities are wrong, or the policy shows what the log could not."""
    UNSUPPORTED = "UNSUPPORTED"
    """The policy chooses what the log had no chance to show."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How the weights are spread over students."""

    answers: int
    students: int
    effective: float
    """Students as many as whom these weighted ones are worth: (Σ w)² / Σ w² (Kish 1965)."""
    mean_weight: float
    """1 in expectation, where the log supports the policy."""
    mean_weight_error: float
    largest_share: float
    """Of all weight, one student's most."""
    zero_share: float
    """Of the answers, those that the policy could not have given."""
    unsupported: float
    """Of the policy's choices, those that the log could not have shown."""

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """All that apply; with none, intervals may be believed."""
        # At four standard errors a sound log is accused once in thousands of readings.
        off = abs(self.mean_weight - 1) > 4 * self.mean_weight_error + 1e-9
        applies = {
            Caution.FEW_EFFECTIVE: self.effective < FEW,
            Caution.THIN_OVERLAP: self.effective < THIN * self.students,
            Caution.HEAVY_WEIGHT: self.largest_share > HEAVY,
            Caution.WEIGHTS_OFF: off,
            Caution.UNSUPPORTED: self.unsupported > UNSUPPORTED,
        }
        return tuple(caution for caution, true in applies.items() if true)


def overlap(weight: FloatArray, owner: IntArray, unsupported: FloatArray | None = None) -> Overlap:
    """Of one weight for each answer, with mean 1 where all is well, and the student it was given to, from 0.

    `unsupported` is the mass that the new policy puts, in each answer, on what the log's policy never shows there.
    """
    answers = len(weight)
    if answers == 0:
        return Overlap(0, 0, 0.0, 0.0, math.inf, 0.0, 0.0, 0.0)
    student = np.unique(owner, return_inverse=True)[1]
    by_student = Ratios.of_mean(weight).of_owners(student)
    carried = by_student.numerators[:, 0]
    squares = float((carried**2).sum())
    return Overlap(
        answers,
        len(carried),
        float(carried.sum()) ** 2 / squares if squares > 0 else 0.0,
        by_student.value,
        by_student.error,
        float(carried.max() / carried.sum()) if squares > 0 else 0.0,
        float((weight == 0).mean()),
        float(unsupported.mean()) if unsupported is not None else 0.0,
    )
