"""G = Xᵀ D_u^-c X: how strongly items go together, summed over students; what most ways to learn B start from.

X is brought to multiples of 2^-10 first, so that every sum of products is exact in float64: no order of
students, no library and no later subtraction of a student changes one bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

Cells = NDArray[np.floating[Any]]
GRAIN = 2.0**-10
DENSE_ITEMS = 22_000
"""Up to so many items G may be held as a full square (3.9 GB)."""
DENSE_SHARE = 0.08
"""Above this share of filled cells the full square is smaller or faster than compressed rows."""
BLOCK_CELLS = 16_000_000


@dataclass(frozen=True, slots=True)
class Gram:
    """G over the items that anybody touched, numbered 0…n-1 by `met`."""

    met: IntArray
    """The catalogue row of each."""
    items: int
    """How many the catalogue has."""
    scaled: SparseMatrix
    """D_u^-c/2 X, students × n."""
    dense: Cells | None
    """G, n × n, or None where it is held sparse."""
    sparse: SparseMatrix | None
    rising: SparseMatrix
    """Where G is sparse, (D_u^-c/2 X)ᵀ with an empty row at its end."""

    @property
    def size(self) -> int:
        return len(self.met)

    def diagonal(self) -> FloatArray:
        if self.dense is not None:
            return np.diagonal(self.dense).astype(np.float64)
        return self._sparse().diagonal()

    def row_sums(self) -> FloatArray:
        """Each row's sum, its diagonal entry left out."""
        if self.dense is not None:
            return self.dense.sum(axis=1) - self.diagonal()
        return self._sparse().row_sums() - self.diagonal()

    def blocks(self) -> Iterator[tuple[int, Cells | SparseMatrix]]:
        """G as float32, some rows at a time, with the first row of each; without its diagonal."""
        height = max(1, BLOCK_CELLS // max(self.size, 1))
        if self.dense is None:
            yield 0, self._sparse().without_diagonal().stored_as(np.float32)
            return
        for first in range(0, self.size, height):
            last = min(first + height, self.size)
            cells = self.dense[first:last].astype(np.float32)
            cells[np.arange(last - first), np.arange(first, last)] = 0
            yield first, cells

    def squares(self, groups: IntArray) -> Cells:
        """G among the members of each group, -1 for none: groups × members × members."""
        if self.dense is not None:
            return self.dense[groups[:, :, None], groups[:, None, :]]
        known = np.where(groups == ABSENT, self.size, groups)
        return np.stack([self.rising.square(group) for group in known])

    def in_catalogue(self, part: SparseMatrix) -> SparseMatrix:
        """A matrix over the met items as one over the catalogue's."""
        return part.renumbered(self.met, self.items, self.met, self.items)

    def _sparse(self) -> SparseMatrix:
        if self.sparse is None:
            raise ValueError("this G is held as a full square")
        return self.sparse


def gram_of(touches: SparseMatrix, settings: Settings, *, power: float) -> Gram:
    """G of these touches, students × items, each raised to a power."""
    touched = _powered(touches, power)
    met = np.flatnonzero(np.bincount(touched.indices, minlength=touched.width))
    number = np.full(touched.width, ABSENT, np.int64)
    number[met] = np.arange(len(met))
    length = touched.row_sums()
    scale = np.where(length > 0, np.maximum(length, 1e-12) ** (-settings.student_damping / 2), 0.0)
    value = np.rint(touched.data * scale[touched.row_of_entry] / GRAIN) * GRAIN
    scaled = SparseMatrix(touched.indptr, number[touched.indices].astype(np.int32), value, len(met))
    if _is_dense(scaled):
        return Gram(met, touched.width, scaled, _full_square(scaled), None, SparseMatrix.empty(0, 0))
    rising = scaled.transposed()
    padded = SparseMatrix(
        np.append(rising.indptr, rising.indptr[-1]), rising.indices, rising.data, rising.width
    )
    return Gram(met, touched.width, scaled, None, rising @ scaled, padded)


def _powered(touched: SparseMatrix, power: float) -> SparseMatrix:
    return SparseMatrix(touched.indptr, touched.indices, touched.data**power, touched.width)


def _is_dense(scaled: SparseMatrix) -> bool:
    if scaled.width > DENSE_ITEMS:
        return False
    lengths = np.diff(scaled.indptr).astype(np.float64)
    return float((lengths**2).sum()) > DENSE_SHARE * scaled.width**2


def _full_square(scaled: SparseMatrix) -> Cells:
    """Xᵀ X, by full products where X is full enough, else row block by row block."""
    n = scaled.width
    total = np.zeros((n, n))
    if len(scaled.data) > 0.03 * scaled.height * n:
        step = max(1, 4 * BLOCK_CELLS // n)
        for first in range(0, scaled.height, step):
            cells = scaled.row_range(first, min(first + step, scaled.height)).dense()
            total += cells.T @ cells
        return total
    rising, step = scaled.transposed(), max(1, BLOCK_CELLS // n)
    for first in range(0, n, step):
        last = min(first + step, n)
        total[first:last] = (rising.row_range(first, last) @ scaled).dense()
    return total
