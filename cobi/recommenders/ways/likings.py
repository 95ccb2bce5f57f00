"""What a history says of a student's likings, to first order around what is usual: exact sums over what was touched.

With z what was touched of each unit beyond the usual, W the covariance of one touch there, L how long histories are,
and K = Λ Λᵀ + τ² I the covariance of students' likings of units (`choices.py`), these are on average

    K (I + L W K)^-1 z  =  own · z + V R Vᵀ z  + a constant,      d = L p,      v = 1 / (1 + τ² d),      own = τ² v,
    V = [v (Λ - m), v],      R = diag(S^-1, 1 / Σ d v),      S = I + Σ d v (Λ - m)(Λ - m)ᵀ,

by Woodbury's identity, where p is how usual each unit is and m the mean of Λ by d v. Of several homes, each unit's p
and m are those where it is touched, and R is the mean over what is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.ways.choices import Logit


@dataclass(frozen=True, slots=True)
class Reading:
    """Likings are own · z + damped · inner · dampedᵀ · z."""

    own: FloatArray
    """Of each unit."""
    damped: FloatArray
    """V, units × (factors and 1)."""
    inner: FloatArray
    """R."""


def read(logit: Logit, usual: FloatArray, touched: FloatArray, length: float) -> Reading:
    """How histories of a length L are read; `usual` is p, homes × units, `touched` how much was at each home."""
    loadings, share = logit.loadings, touched / touched.sum()
    told = length * usual / (1 + logit.liking * length * usual)
    mean = told @ loadings / told.sum(axis=1, keepdims=True)
    curve: FloatArray = np.eye(loadings.shape[1])
    for weight, own, centre in zip(share, told, mean, strict=True):
        curve += weight * ((loadings - centre).T * own) @ (loadings - centre)
    where = share[:, None] * usual
    where /= where.sum(axis=0)
    damping = 1 / (1 + logit.liking * length * (where * usual).sum(axis=0))
    damped = damping[:, None] * np.column_stack([loadings - where.T @ mean, np.ones(len(loadings))])
    inner = np.zeros((damped.shape[1], damped.shape[1]))
    inner[:-1, :-1] = np.linalg.inv(curve)
    inner[-1, -1] = 1 / float(share @ told.sum(axis=1))
    return Reading(logit.liking * damping, damped, inner)
