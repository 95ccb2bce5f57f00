"""What units carry, and where they lie by that: a ridge regression on attributes, again and again of other variances.

Along the eigenvectors V of Cᵀ C = V diag(s²) Vᵀ each is alone, so that nothing is solved anew for another variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray


@dataclass(frozen=True, slots=True)
class Carried:
    """C, units × attributes, turned."""

    turned: FloatArray
    """C V."""
    strength: FloatArray
    """s²."""

    @property
    def attributes(self) -> int:
        return len(self.strength)

    def alike(self, smoothing: float) -> FloatArray:
        """To what units carry, and back: C (Cᵀ C + smoothing I)⁻¹ Cᵀ, units × units."""
        return (self.turned / (self.strength + smoothing)) @ self.turned.T

    def told(self, places: FloatArray, looseness: float, reach: float) -> tuple[FloatArray, float]:
        """c M, where units of these places lie by what they carry, and the variance μ of M that this tells.

        Places are λ_j ~ N(c_j M, ν I) with M ~ N(0, μ), ν the looseness and μ the reach before.
        """
        if not self.attributes:
            return np.zeros_like(places), reach
        spread = 1 / (self.strength / looseness + 1 / reach)
        mean = spread[:, None] * (self.turned.T @ places) / looseness
        return self.turned @ mean, float((mean**2).mean() + spread.mean())


def carried_by(carried: FloatArray) -> Carried:
    """Of units × attributes."""
    strength, vectors = np.linalg.eigh(carried.T @ carried)
    return Carried(carried @ vectors, np.maximum(strength, 0.0))
