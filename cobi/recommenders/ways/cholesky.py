"""The inverse of a positive definite matrix by its Cholesky factor, in single precision."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

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
