"""Ridge regression solved among students instead of items: the same B as EASE's, where students are few.

With Y = D_u^-c/2 X L^-½ and L the diagonal of penalties, Woodbury's identity gives

    (YᵀY + I)^-1 = I − M,    M = Yᵀ (YYᵀ + I)^-1 Y,

so that B_ij = M_ij (L_j / L_i)^½ / (1 − M_jj) off the diagonal. No items × items system is solved, and scores are
((x Yᵀ) (YYᵀ + I)^-1) Y: however many items there are, all of them are regressed on all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import BLOCK_CELLS, Cells, Gram
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.ways.cholesky import inverse

MOST_STUDENTS = 8_000
MOST_PRODUCTS = 8e9
"""Making every row of B multiplies items × touches numbers: some seconds."""


def is_smaller(gram: Gram, slack: float = 1.0) -> bool:
    """Whether the students who touched something are fewer than the items, and few enough, or nearly so."""
    students = int((np.diff(gram.scaled.indptr) > 0).sum())
    products = gram.size * len(gram.scaled.data)
    return students < gram.size and students <= slack * MOST_STUDENTS and products <= slack * MOST_PRODUCTS


@dataclass(frozen=True, slots=True)
class Dual:
    """M without its diagonal, by blocks of rows, or applied to signals; it is never held whole."""

    touched: SparseMatrix
    """Y, students × n."""
    rising: SparseMatrix
    """Yᵀ."""
    inner: Cells
    """(YYᵀ + I)^-1, students × students."""
    itself: FloatArray
    """The diagonal of M."""

    def rows(self, first: int, last: int) -> Cells:
        """Rows first…last-1."""
        cells = self._over_items(self.rising.row_range(first, last).times(self.inner))
        cells[np.arange(last - first), np.arange(first, last)] = 0
        return cells

    def chain(self, x: SparseMatrix) -> Cells:
        """x times it."""
        cells = self._over_items(x.dense_product(self.rising) @ self.inner)
        cells[x.row_of_entry, x.indices] -= (x.data * self.itself[x.indices]).astype(np.float32)
        return cells

    def _over_items(self, half: Cells) -> Cells:
        """What is told of students times Y."""
        return np.ascontiguousarray(self.rising.times(np.ascontiguousarray(half.T)).T)

    @property
    def rows_at_once(self) -> int:
        return max(1, BLOCK_CELLS // max(self.touched.width, self.touched.height, 1))


def dual_of(gram: Gram, penalties: FloatArray) -> Dual:
    """M for the penalty of each item."""
    scaled = gram.scaled.rows(np.flatnonzero(np.diff(gram.scaled.indptr)))
    touched = scaled.scaled(columns=penalties**-0.5)
    rising = touched.transposed()
    square = np.asfortranarray(touched.dense_product(rising), np.float32)
    square[np.diag_indices(len(square))] += 1
    inner = inverse(square)
    itself = _diagonal(rising, inner)
    return Dual(touched.stored_as(np.float32), rising.stored_as(np.float32), inner, itself)


def _diagonal(rising: SparseMatrix, inner: Cells) -> FloatArray:
    """Of Yᵀ K^-1 Y."""

    def part(span: tuple[int, int]) -> FloatArray:
        own = rising.row_range(*span)
        half = own.times(inner)
        row = own.row_of_entry
        return sums(row, own.data * half[row, own.indices], own.height)

    at_once = max(1, BLOCK_CELLS // max(len(inner), 1))
    return np.concatenate([np.empty(0), *in_order(part, spans(rising.height, at_once))])
