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
        return self.held().diagonal()

    def row_sums(self) -> FloatArray:
        """Each row's sum, its diagonal entry left out."""
        if self.dense is not None:
            return self.dense.sum(axis=1) - self.diagonal()
        return self.held().row_sums() - self.diagonal()

    def blocks(self) -> Iterator[tuple[int, Cells | SparseMatrix]]:
        """G as float32, some rows at a time, with the first row of each; without its diagonal."""
        height = max(1, BLOCK_CELLS // max(self.size, 1))
        if self.dense is None:
            yield 0, self.held().without_diagonal().stored_as(np.float32)
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

    def held(self) -> SparseMatrix:
        """G where it is held sparse."""
        if self.sparse is None:
            raise ValueError("this G is held as a full square")
        return self.sparse


def gram_of(touches: SparseMatrix, settings: Settings, *, power: float) -> Gram:
    """G of these touches, students × items, each raised to a power."""
    met, scaled = _narrow(_scaled(touches, settings, power))
    square = _full_square(scaled) if _is_dense(scaled) else scaled.transposed() @ scaled
    return _held(met, touches.width, scaled, square)


def gram_changed(
    old: Gram, rows: IntArray, touches: SparseMatrix, settings: Settings, *, power: float
) -> Gram:
    """G after the touches of these students (ascending rows) became others: the very bits of a new count."""
    before = _in_catalogue(old)
    after = _scaled(touches, settings, power)
    met, scaled = _narrow(before.with_rows(rows, after))
    if _is_dense(scaled) != (old.dense is not None):
        square = _full_square(scaled) if _is_dense(scaled) else scaled.transposed() @ scaled
        return _held(met, old.items, scaled, square)
    place = _numbers(met, old.items)
    less, more = (part.columns_renumbered(place, len(met)) for part in (before.rows(rows), after))
    square = _moved(old, place[old.met], len(met))
    if isinstance(square, SparseMatrix):
        total = square + more.transposed() @ more + (less.transposed() @ less).negated()
        return _held(met, old.items, scaled, total.keeping(total.data != 0))
    return _held(met, old.items, scaled, square + _full_square(more) - _full_square(less))


def _moved(old: Gram, place: IntArray, size: int) -> Cells | SparseMatrix:
    """The old sums in a new numbering of items; -1 is left out."""
    if old.dense is None:
        return old.held().renumbered(place, size, place, size)
    kept = np.flatnonzero(place != ABSENT)
    total = np.zeros((size, size))
    total[np.ix_(place[kept], place[kept])] = old.dense[np.ix_(kept, kept)]
    return total


def _in_catalogue(gram: Gram) -> SparseMatrix:
    own = gram.scaled
    return SparseMatrix(own.indptr, gram.met[own.indices].astype(np.int32), own.data, gram.items)


def _scaled(touches: SparseMatrix, settings: Settings, power: float) -> SparseMatrix:
    """D_u^-c/2 X in whole grains."""
    touched = _powered(touches, power)
    length = touched.row_sums()
    scale = np.where(length > 0, np.maximum(length, 1e-12) ** (-settings.student_damping / 2), 0.0)
    value = np.rint(touched.data * scale[touched.row_of_entry] / GRAIN) * GRAIN
    exact = SparseMatrix(touched.indptr, touched.indices, value, touched.width)
    return exact.keeping(value > 0)


def _narrow(scaled: SparseMatrix) -> tuple[IntArray, SparseMatrix]:
    """The items anybody touched, and the touches numbered by them."""
    met = np.flatnonzero(np.bincount(scaled.indices, minlength=scaled.width))
    return met, scaled.columns_renumbered(_numbers(met, scaled.width), len(met))


def _numbers(met: IntArray, size: int) -> IntArray:
    number = np.full(size, ABSENT, np.int64)
    number[met] = np.arange(len(met))
    return number


def _held(met: IntArray, items: int, scaled: SparseMatrix, square: Cells | SparseMatrix) -> Gram:
    if not isinstance(square, SparseMatrix):
        return Gram(met, items, scaled, square, None, SparseMatrix.empty(0, 0))
    return Gram(met, items, scaled, None, square, scaled.transposed().heightened(len(met) + 1))


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
