"""Whose tastes are: γ of every trait's codes, θ ~ N(Σ γ_c, I) over the codes c of a student's traits (`choices.py`).

Each trait's γ ~ N(0, ρ I) with a ρ of its own, as of a linear model of what touches alone say of θ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.sparse import SparseMatrix

TRAIT_SWEEPS = 4
SETTLING = 4
"""So many times as many where nothing is known."""
FIRST_RHO, LEAST_RHO, MOST_RHO = 0.05, 1e-3, 2.0


@dataclass(frozen=True, slots=True)
class Groups:
    """What is whose."""

    own: Sequence[FloatArray]
    """γ of each trait, codes × factors."""
    rho: Sequence[float]
    """Of each trait."""

    def prior(self, traits: Sequence[SparseMatrix], tastes: FloatArray) -> FloatArray:
        """Σ γ of each student, of as many as there are `tastes`."""
        parts = (codes.times(own) for codes, own in zip(traits, self.own, strict=True))
        return sum(parts, np.zeros_like(tastes))


def nobodys(traits: Sequence[SparseMatrix], rank: int) -> Groups:
    """Nothing is anybody's own."""
    return Groups([np.zeros((codes.width, rank)) for codes in traits], [FIRST_RHO] * len(traits))


def told_apart(traits: Sequence[SparseMatrix], seen: FloatArray, surely: FloatArray) -> Groups:
    """Whose the tastes are that were `observed`, each trait's part beside the others'."""
    groups, precision = nobodys(traits, seen.shape[1]), surely[:, :, None] * np.eye(seen.shape[1])
    for _ in range(SETTLING):
        groups = told(groups, traits, surely * seen, precision)
    return groups


def told(groups: Groups, traits: Sequence[SparseMatrix], pull: FloatArray, precision: FloatArray) -> Groups:
    """γ and ρ of one trait after the other, a few times.

    Each student's touches say θ ~ N(P⁻¹ pull, P⁻¹), students × factors (× factors), own taste included.
    """
    own, rho, itself = list(groups.own), list(groups.rho), np.eye(pull.shape[1])
    parts = [codes.times(one) for codes, one in zip(traits, own, strict=True)]
    total = sum(parts, np.zeros_like(pull))
    by_code = [codes.transposed() for codes in traits]
    flat = precision.reshape(len(pull), -1)
    known = [codes.times(flat).reshape(-1, *itself.shape) for codes in by_code]
    for _ in range(TRAIT_SWEEPS):
        for number, codes in enumerate(traits):
            others = total - parts[number]
            spread = np.asarray(np.linalg.inv(known[number] + itself / rho[number]), np.float64)
            left = by_code[number].times(pull - _product(precision, others))
            own[number] = _product(spread, left)
            parts[number] = codes.times(own[number])
            total = others + parts[number]
            variance = np.einsum("ckk->ck", spread)
            rho[number] = float(np.clip((own[number] ** 2 + variance).mean(), LEAST_RHO, MOST_RHO))
    return Groups(own, rho)


def _product(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each matrix times its vector."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0], np.float64)
