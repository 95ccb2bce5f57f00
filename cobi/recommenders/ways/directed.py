"""Directed co-occurrence: what comes soon after what, D_i^-a C D_i^-b.

In each student's order, a touched d places before b: C[a, b] += d^-½ and C[b, a] += ½ d^-½, d ≤ reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.gram import BLOCK_CELLS, GRAIN
from cobi.recommenders.histories import Histories
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, sums

BACKWARD = 0.5
"""What the later of two says of the earlier, beside what the earlier says of the later."""
AT_ONCE = 0.75
"""What two items touched at the same moment say of each other."""


@dataclass(frozen=True, slots=True)
class Followings:
    """C, items × items, counted by blocks of rows from the order of each student's items; it is never held whole."""

    size: int
    student: IntArray
    item: IntArray
    time: IntArray
    """One entry for each student and item, each student's in order."""
    by_item: IntArray
    """The entries sorted by item."""
    bounds: IntArray
    """Where each item's begin, of those."""
    reach: int

    @property
    def rows_at_once(self) -> int:
        return max(1, BLOCK_CELLS // max(self.size, 1))

    def block(self, first: int, last: int) -> SparseMatrix:
        """Rows first…last-1 of C without its diagonal: sums over students, exact in float64 as those of G."""
        place = self.by_item[self.bounds[first] : self.bounds[last]]
        cells, values = [np.empty(0, np.int64)], [np.empty(0)]
        for distance in range(1, self.reach + 1):
            for step in (distance, -distance):
                other = place + step
                here = place[(other >= 0) & (other < len(self.item))]
                here = here[self.student[here] == self.student[here + step]]
                cells.append((self.item[here] - first) * self.size + self.item[here + step])
                same = self.time[here] == self.time[here + step]
                values.append(_weights(same, distance)[0 if step > 0 else 1])
        return _summed(
            np.concatenate(cells), np.concatenate(values), last - first, self.size
        ).without_diagonal(first)


def followings(histories: Histories, settings: Settings) -> Followings:
    """The order of each student's items."""
    touched = histories.touched
    row = touched.row_of_entry
    order = np.lexsort((histories.last, row))
    item = touched.indices[order].astype(np.int64)
    by_item = np.argsort(item, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=touched.width))])
    return Followings(
        touched.width, row[order], item, histories.last[order], by_item, bounds, settings.sequence_reach
    )


def directed(counted: Followings, popularity: FloatArray, several: Sequence[Settings]) -> list[Piece]:
    """The normalised C for each settings; `popularity` counts the students of each item."""
    every, strength = np.arange(counted.size), np.maximum(popularity, 1.0)

    def rows(first: int, last: int) -> SparseMatrix:
        return counted.block(first, last).stored_as(np.float32)

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


def _summed(cells: IntArray, values: FloatArray, height: int, width: int) -> SparseMatrix:
    """The sums of a block, by a dense count where it is full enough, else by sorting."""
    if len(cells) * 8 < height * width:
        row, column = np.divmod(cells, max(width, 1))
        return SparseMatrix.of_triples(row, column, values, (height, width))
    return SparseMatrix.of_dense(sums(cells, values, height * width).reshape(height, width))


def _weights(same: NDArray[np.bool_], distance: int) -> tuple[FloatArray, FloatArray]:
    near = distance**-0.5
    forth = np.where(same, AT_ONCE, 1.0) * near
    back = np.where(same, AT_ONCE, BACKWARD) * near
    return np.rint(forth / GRAIN) * GRAIN, np.rint(back / GRAIN) * GRAIN
