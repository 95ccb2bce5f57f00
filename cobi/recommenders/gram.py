"""G = Xᵀ D_u^-c X: how strongly items go together, summed over students; what most ways to learn B start from.

X is brought to multiples of 2^-10 first, so that every sum of products is exact in float64: no order of
students and no library changes one bit. What is held as a full square is rounded to float32 when it is summed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, stacked, sums

Cells = NDArray[np.floating[Any]]
GRAIN = 2.0**-10
DENSE_ITEMS = 22_000
"""Up to so many items G may be held as a full square (1.9 GB)."""
DENSE_SHARE = 0.08
"""Above this share of filled cells the full square is smaller or faster than compressed rows."""
BLOCK_CELLS = 8_000_000
"""Rows are worked on in blocks of so many cells."""
NEAR_CELLS = 1_000_000
"""Blocks that are gone through several times are of so many cells, which stay in the processor's cache."""
SPARSE_PARTS = 16
HALVING_PARTS = 8
"""The square is its own mirror image, so of as many parts of its rows only what is right of them is counted."""
GROUPED_COLUMNS = 8_000_000
GROUPED_PRODUCTS = 400_000
"""So many products are summed together: less would be calls, more would not stay in the processor's cache."""
MIRRORED_ROWS = 256


@dataclass(frozen=True)
class Gram:
    """G over the items that anybody touched, numbered 0…n-1 by `met`; it is counted when it is first asked for.

    Ask first where there are no other threads, or each counts it.
    """

    met: IntArray
    """The catalogue row of each."""
    items: int
    """How many the catalogue has."""
    scaled: SparseMatrix
    """D_u^-c/2 X, students × n."""

    @cached_property
    def square(self) -> Cells | SparseMatrix:
        """G, n × n: in float32 with its diagonal, or sparse in float64 without it."""
        return full_square(self.scaled, np.float32) if self.is_dense else _sparse_square(self.scaled)

    @cached_property
    def is_dense(self) -> bool:
        """Whether it is held as a full square; that is told without counting it."""
        return _is_dense(self.scaled)

    @property
    def is_counted(self) -> bool:
        return "square" in vars(self)

    @property
    def dense(self) -> Cells | None:
        """G, or None where it is held sparse."""
        return None if isinstance(self.square, SparseMatrix) else self.square

    @cached_property
    def rising(self) -> SparseMatrix:
        """(D_u^-c/2 X)ᵀ with an empty row at its end."""
        return self.scaled.transposed().heightened(self.size + 1)

    @property
    def size(self) -> int:
        return len(self.met)

    @property
    def rows_at_once(self) -> int:
        """So many rows make a block of bounded size."""
        return self._rows(BLOCK_CELLS)

    @property
    def rows_near(self) -> int:
        """So many rows, where they are gone through several times."""
        return self._rows(NEAR_CELLS)

    def _rows(self, cells: int) -> int:
        """So many have that many cells."""
        square = self.square
        filled = len(square.data) if isinstance(square, SparseMatrix) else self.size**2
        return max(1, cells * self.size // max(filled, 1))

    def diagonal(self) -> FloatArray:
        return sums(self.scaled.indices, self.scaled.data**2, self.size)

    def row_sums(self) -> FloatArray:
        """Each row's sum, its diagonal entry left out."""
        return self.times(np.ones(self.size)) - self.diagonal()

    def times(self, vector: FloatArray) -> FloatArray:
        """G times a vector, which need not be counted for that."""
        told = self.scaled.times(vector)
        return sums(self.scaled.indices, self.scaled.data * told[self.scaled.row_of_entry], self.size)

    def block(self, first: int, last: int) -> Cells | SparseMatrix:
        """Rows first…last-1 of G as float32, without its diagonal."""
        if self.dense is None:
            return self.held().row_range(first, last).stored_as(np.float32)
        cells = self.dense[first:last].copy()
        cells[np.arange(last - first), np.arange(first, last)] = 0
        return cells

    def squares(self, groups: IntArray) -> Cells:
        """G among the members of each group, -1 for none, float32: groups × members × members.

        What is below the diagonal mirrors what is above and may be missing.
        """
        if self.dense is None:
            known = np.where(groups == ABSENT, self.size, groups)
            return self.rising.squares(known).astype(np.float32)
        count, members = groups.shape
        one, other = np.triu_indices(members)
        first, second = groups[:, one], groups[:, other]
        # Bounds are not looked at again, which takes as long as the reading; what is absent reads some cell.
        cells = self.dense.reshape(-1).take(first * self.size + second, mode="clip")
        cells[(first == ABSENT) | (second == ABSENT)] = 0
        square = np.zeros((count, members * members), np.float32)
        square[:, one * members + other] = cells
        return square.reshape(count, members, members)

    @property
    def groups_at_once(self) -> int:
        """So many groups' squares are gathered together."""
        return max(1, min(128, GROUPED_COLUMNS // max(self.scaled.height, 1)))

    def held(self) -> SparseMatrix:
        """G without its diagonal, where it is held sparse."""
        if not isinstance(self.square, SparseMatrix):
            raise ValueError("this G is held as a full square")
        return self.square


def gram_of(touches: SparseMatrix, settings: Settings) -> Gram:
    """G of these touches, students × items, each raised to the power that is set."""
    met, scaled = _narrow(_scaled(touches, settings))
    return Gram(met, touches.width, scaled)


def _scaled(touches: SparseMatrix, settings: Settings) -> SparseMatrix:
    """D_u^-c/2 X in whole grains."""
    touched = _powered(touches, settings.touch_power)
    length = touched.row_sums()
    scale = np.where(length > 0, np.maximum(length, 1e-12) ** (-settings.student_damping / 2), 0.0)
    value = np.rint(touched.data * np.repeat(scale, np.diff(touched.indptr)) / GRAIN) * GRAIN
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


def full_square(scaled: SparseMatrix, dtype: type[np.floating[Any]] = np.float64) -> Cells:
    """Xᵀ X, summed in float64: some rows at a time from the diagonal on; what is below is its mirror image."""
    rising, width = scaled.transposed(), scaled.width
    total = np.empty((width, width), dtype)
    later, before = scaled, 0
    for start, stop in spans(width, max(1, -(-width // HALVING_PARTS))):
        later, before = later.columns_from(start - before), start

        def summed(span: tuple[int, int], start: int = start, later: SparseMatrix = later) -> None:
            total[slice(*span), start:] = rising.row_range(*span).row_products(later)

        def mirrored(span: tuple[int, int], start: int = start, stop: int = stop) -> None:
            total[slice(*span), start:stop] = total[start:stop, slice(*span)].T

        below = [(first + stop, last + stop) for first, last in spans(width - stop, MIRRORED_ROWS)]
        for work, parts in ((summed, _alike_large(rising, later, start, stop)), (mirrored, below)):
            for _ in in_order(work, parts):
                pass
    return total


def _alike_large(rising: SparseMatrix, later: SparseMatrix, start: int, stop: int) -> list[tuple[int, int]]:
    """Rows start…stop-1 of the square cut where about so many products have come together, or cells."""
    own = rising.row_range(start, stop)
    products = np.concatenate([[0], np.cumsum(np.diff(later.indptr)[own.indices])])[own.indptr]
    work = products + np.arange(stop - start + 1) * later.width
    cuts = np.flatnonzero(np.diff(work[:-1] // GROUPED_PRODUCTS)) + 1
    bounds = [start, *(cuts + start).tolist(), stop]
    return list(itertools.pairwise(bounds))


def _powered(touched: SparseMatrix, power: float) -> SparseMatrix:
    return SparseMatrix(touched.indptr, touched.indices, touched.data**power, touched.width)


def _is_dense(scaled: SparseMatrix) -> bool:
    if scaled.width > DENSE_ITEMS:
        return False
    lengths = np.diff(scaled.indptr).astype(np.float64)
    return float((lengths**2).sum()) > DENSE_SHARE * scaled.width**2


def _sparse_square(scaled: SparseMatrix) -> SparseMatrix:
    """Xᵀ X without its diagonal."""
    rising = scaled.transposed()

    def part(span: tuple[int, int]) -> SparseMatrix:
        few = rising.row_range(*span).transposed()
        return rising.product_transposed(few).without_diagonal(span[0])

    step = max(1, scaled.width // SPARSE_PARTS)
    return stacked(list(in_order(part, spans(scaled.width, step))), scaled.width)
