"""One way's B while it is being made: row blocks, to be scored at once or kept cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import ABSENT, IntArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.sparse import SparseMatrix, stacked

Blocks = Iterator[tuple[int, Cells | SparseMatrix]]
"""The first row of some neighbouring rows, and the rows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """B over some of the signals and items; its blocks can be read once."""

    signals: IntArray
    """The signal of each row, ascending."""
    items: IntArray
    """The item of each column, ascending."""
    blocks: Blocks
    factors: Callable[[], tuple[Cells, Cells]] | None = None
    """Where B is a thin product, the two: signals × rank, rank × items; scoring by them is sooner."""

    def scores(self, x: SparseMatrix, ranked: slice) -> Cells:
        """x · B for the ranked items only, float32, rows of x × ranked items."""
        total = np.zeros((x.height, ranked.stop - ranked.start), np.float32)
        here = _numbers(self.signals, x.width)
        rising = _columns(x, here, len(self.signals)).transposed()
        first, last = np.searchsorted(self.items, [ranked.start, ranked.stop])
        place = self.items[first:last] - ranked.start
        if self.factors is not None:
            left, right = self.factors()
            total[:, place] = rising.transposed().times(left) @ right[:, first:last]
            return total
        for start, block in self.blocks:
            height = block.height if isinstance(block, SparseMatrix) else len(block)
            own = rising.row_range(start, start + height).transposed()
            if isinstance(block, SparseMatrix):
                total[:, place] += (own @ block).dense()[:, first:last]
            else:
                total[:, place] += own.times(np.ascontiguousarray(block[:, first:last]))
        return total

    def matrix(self, entries: int, height: int, width: int) -> SparseMatrix:
        """The whole as signals × items, each row cut to its largest entries."""
        cut = [
            block.cut(entries)
            if isinstance(block, SparseMatrix)
            else SparseMatrix.of_dense_cut(block, entries)
            for _, block in self.blocks
        ]
        return stacked(cut, len(self.items)).renumbered(self.signals, height, self.items, width)


def whole(matrix: SparseMatrix) -> Piece:
    """A finished matrix, signals × items, as a piece."""
    return Piece(np.arange(matrix.height), np.arange(matrix.width), iter([(0, matrix)]))


def _numbers(chosen: IntArray, size: int) -> IntArray:
    number = np.full(size, ABSENT, np.int64)
    number[chosen] = np.arange(len(chosen))
    return number


def _columns(x: SparseMatrix, number: IntArray, width: int) -> SparseMatrix:
    return x.renumbered(np.arange(x.height), x.height, number, width)
