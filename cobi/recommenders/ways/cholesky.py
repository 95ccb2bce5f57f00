"""The inverse of a positive definite matrix by its Cholesky factor, in single precision."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from cobi.recommenders.gram import Cells


def inverse(square: Cells) -> Cells:
    """P = A⁻¹ of a symmetric A, n × n, float32 in Fortran's order, which is used up; only its lower half is read."""
    factor, _ = lapack.spotrf(square, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(half, -1)
    whole = lower.T + lower
    np.fill_diagonal(whole, np.diagonal(half))
    return whole
