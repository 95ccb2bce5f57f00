"""Positive definite matrices by their Cholesky factors: the whole inverse, or only what a regression needs of it."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.parallel import spans

COLUMNS_AT_ONCE = 128
"""So many are mirrored together."""


def inverse(square: Cells) -> Cells:
    """P = A⁻¹ of a symmetric A, n × n, float32 in Fortran's order; it takes A's place, whose lower half is read."""
    factor, _ = lapack.spotrf(square, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    for first, last in spans(len(half), COLUMNS_AT_ONCE):
        corner = half[first:last, first:last]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
        half[first:last, last:] = half[last:, first:last].T
    return half


def solved(square: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A⁻¹ b and the diagonal of A⁻¹, by L⁻¹ where A = L Lᵀ; A, n × n, symmetric in float64, is lost."""
    # What stands in rows is in Fortran's order when it is turned.
    factor, failed = lapack.dpotrf(square.T, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError(f"not positive definite: row {failed} of {len(right)}")
    turned, _ = lapack.dtrtri(factor, lower=1, overwrite_c=1)
    return turned.T @ (turned @ right), np.einsum("ij,ij->j", turned, turned)
