"""Directed co-occurrence: what comes soon after what, D_i^-a C D_i^-b.

In each student's order, a touched d places before b: C[a, b] += d^-½ and C[b, a] += ½ d^-½, d ≤ reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.gram import BLOCK_CELLS, GRAIN, NEAR_CELLS, Cells
from cobi.recommenders.histories import Histories
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, sums

BACKWARD = 0.5
"""What the later of two says of the earlier, beside what the earlier says of the later."""
AT_ONCE = 0.75
"""What two items touched at the same moment say of each other."""

MOST_BITS = 63
"""Of a number by which is sorted."""
FULL_SHARE = 0.125
"""Where so many pairs as this share of C's cells are counted, its rows are made whole."""


@dataclass(frozen=True, slots=True)
class Followings:
    """C, items × items, counted by blocks of rows from the order of each student's items; it is never held whole."""

    size: int
    item: NDArray[np.int32]
    """One entry for each student and item, each student's in order; at the end as many as `reach` of nobody."""
    what: NDArray[np.unsignedinteger[Any]]
    """What comes after each entry, two bits a distance: nothing, something later, or at the same moment."""
    by_item: NDArray[np.int32]
    """The entries sorted by item."""
    bounds: IntArray
    """Where each item's begin, of those."""
    reach: int

    @property
    def full(self) -> bool:
        return 2 * self.reach * len(self.by_item) > FULL_SHARE * self.size**2

    @property
    def rows_at_once(self) -> int:
        return max(1, (NEAR_CELLS if self.full else BLOCK_CELLS) // max(self.size, 1))

    def block(self, first: int, last: int) -> Cells | SparseMatrix:
        """Rows first…last-1 of C without its diagonal: sums over students, exact in float64 as those of G."""
        place = self.by_item[self.bounds[first] : self.bounds[last]].astype(np.int64)
        row = np.repeat(np.arange(last - first), np.diff(self.bounds[first : last + 1])) * self.size
        cells = np.empty((2 * self.reach, len(place)), np.int64)
        values = np.empty(cells.shape)
        for distance in range(1, self.reach + 1):
            forth, back = _weights(distance)
            # What lies before the first entry is, counted from the end, nobody's.
            for number, (step, weights) in enumerate(((distance, forth), (-distance, back))):
                what = self.what[place if step > 0 else place + step]
                values[2 * distance - 2 + number] = weights[(what >> (2 * distance - 2)) & 3]
                np.add(row, self.item[place + step], out=cells[2 * distance - 2 + number])
        return self._summed(cells.ravel(), values.ravel(), first, last)

    def _summed(self, cells: IntArray, values: FloatArray, first: int, last: int) -> Cells | SparseMatrix:
        height, width = last - first, self.size
        if self.full:
            square = sums(cells, values, height * width).astype(np.float32).reshape(height, width)
            square[np.arange(height), np.arange(first, last)] = 0
            return square
        kept = values > 0
        row, column = np.divmod(cells[kept], max(width, 1))
        counted = SparseMatrix.of_triples(row, column, values[kept], (height, width))
        return counted.without_diagonal(first).stored_as(np.float32)


def followings(histories: Histories, settings: Settings) -> Followings:
    """The order of each student's items."""
    touched, reach = histories.touched, settings.sequence_reach
    row = touched.row_of_entry
    order = _in_order(row, histories.last)
    item, last = touched.indices[order], histories.last[order]
    what = np.zeros(len(item) + reach, np.min_scalar_type(4**reach - 1))
    for distance in range(1, reach + 1):
        after = (row[distance:] == row[:-distance]).astype(what.dtype)
        after += after * (last[distance:] == last[:-distance])
        what[: len(after)] |= after << what.dtype.type(2 * distance - 2)
    # Sorting numbers of 16 bits takes a fraction of the time.
    by_item = np.argsort(item.astype(np.min_scalar_type(max(touched.width - 1, 0))), kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=touched.width))])
    item = np.concatenate([item, np.zeros(reach, np.int32)])
    return Followings(touched.width, item, what, by_item.astype(np.int32), bounds, reach)


def _in_order(row: IntArray, last: IntArray) -> IntArray:
    """The entries by row, then by time, then as they are."""
    since = last - last.min(initial=0)
    bits = int(since.max(initial=0)).bit_length()
    if bits + int(row.max(initial=0)).bit_length() > MOST_BITS:
        return np.lexsort((last, row))
    # By one number, most of it in order already, a fraction of the time.
    return np.argsort((row << bits) | since, kind="stable")


def directed(counted: Followings, popularity: FloatArray, several: Sequence[Settings]) -> list[Piece]:
    """The normalised C for each settings; `popularity` counts the students of each item."""
    every, strength, rows = np.arange(counted.size), np.maximum(popularity, 1.0), counted.block
    return [
        Piece(
            every,
            every,
            rows,
            counted.rows_at_once,
            strength**-settings.sequence_source_damping,
            strength**-settings.sequence_target_damping,
        )
        for settings in several
    ]


def _weights(distance: int) -> tuple[FloatArray, FloatArray]:
    """Forth and back: of nothing, of what comes later and of what comes at the same moment."""
    near = distance**-0.5
    forth, back = ([0.0, share * near, AT_ONCE * near, 0.0] for share in (1.0, BACKWARD))
    return np.rint(np.array(forth) / GRAIN) * GRAIN, np.rint(np.array(back) / GRAIN) * GRAIN
