"""What units carry, and where they lie by that: a mixed model with a variance for each family of attributes.

Places are λ_j ~ N(Σ_f c_fj M_f, ν I) with M_f ~ N(0, μ_f I): a category may tell where a shop lies and keywords hardly,
or the other way round. With B_f = C_f C_fᵀ the places of all units have the covariance Σ μ_f B_f + ν I in each factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.spacing import evenly

MOST_UNITS = 300
"""The variances are told by so many."""
STEPS = 5
LEAST_REACH, MOST_REACH = 1e-6, 1.0


@dataclass(frozen=True, slots=True)
class Carried:
    """How many attributes two units have in common, for each family."""

    common: Sequence[FloatArray]
    """B_f, units × units."""

    def alike(self, smoothing: float) -> FloatArray:
        """To what units carry, and back: C (Cᵀ C + smoothing I)⁻¹ Cᵀ over all families, units × units."""
        common = np.sum(self.common, axis=0)
        return np.asarray(np.linalg.solve(_loosened(common, smoothing), common), np.float64)

    def told(self, places: FloatArray, looseness: float, reach: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Where units of these places lie by what they carry, and the variances μ that this tells.

        `looseness` is ν, `reach` is μ before.
        """
        if not self.common:
            return np.zeros_like(places), reach
        reach = self._reach(places, looseness, reach)
        by_carried = _covariance(self.common, reach)
        return by_carried @ np.linalg.solve(_loosened(by_carried, looseness), places), reach

    def _reach(self, places: FloatArray, looseness: float, reach: FloatArray) -> FloatArray:
        """μ after a few steps towards where the places are likeliest.

        At the maximum yᵀ V⁻¹ B_f V⁻¹ y, its mean over the factors, is tr V⁻¹ B_f of each family; each step multiplies
        by how far it is from that.
        """
        some = evenly(np.arange(len(places)), MOST_UNITS)
        mine, common = places[some], [own[some][:, some] for own in self.common]
        for _ in range(STEPS):
            inverse = np.linalg.inv(_loosened(_covariance(common, reach), looseness))
            turned = inverse @ mine
            seen = np.array([((own @ turned) * turned).sum() / places.shape[1] for own in common])
            expected = np.array([(inverse * own).sum() for own in common])
            reach = np.clip(reach * seen / np.maximum(expected, 1e-12), LEAST_REACH, MOST_REACH)
        return reach


def carried_by(carried: Sequence[FloatArray]) -> Carried:
    """Of each family's units × attributes."""
    return Carried([own @ own.T for own in carried])


def _covariance(common: Sequence[FloatArray], reach: FloatArray) -> FloatArray:
    parts = (variance * own for variance, own in zip(reach, common, strict=True))
    return sum(parts, np.zeros(1))


def _loosened(covariance: FloatArray, looseness: float) -> FloatArray:
    return covariance + looseness * np.eye(len(covariance))
