"""Directed co-occurrence: what comes soon after what, D_i^-a C D_i^-b.

In each student's order, a touched d places before b: C[a, b] += d^-½ and C[b, a] += ½ d^-½, d ≤ reach.
"""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import FloatArray, IntArray
from cobi.recommenders.gram import GRAIN
from cobi.recommenders.histories import Histories
from cobi.recommenders.piece import Piece, whole
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

BACKWARD = 0.5
"""What the later of two says of the earlier, beside what the earlier says of the later."""
AT_ONCE = 0.75
"""What two items touched at the same moment say of each other."""


def followings(histories: Histories, settings: Settings) -> SparseMatrix:
    """C, items × items: sums over students, exact in float64 as those of G."""
    touched = histories.touched
    row = touched.row_of_entry
    order = np.lexsort((histories.last, row))
    student, item, time = row[order], touched.indices[order].astype(np.int64), histories.last[order]
    total = SparseMatrix.empty(touched.width, touched.width)
    for distance in range(1, settings.sequence_reach + 1):
        follows = student[distance:] == student[:-distance]
        before, after = item[:-distance][follows], item[distance:][follows]
        same = (time[distance:] == time[:-distance])[follows]
        forth, back = _weights(same, distance)
        total += SparseMatrix.of_triples(before, after, forth, (touched.width, touched.width))
        total += SparseMatrix.of_triples(after, before, back, (touched.width, touched.width))
    return total


def followings_changed(
    counted: SparseMatrix, before: Histories, after: Histories, settings: Settings
) -> SparseMatrix:
    """C after some students' histories became others: the very bits of a new count."""
    total = counted + followings(before, settings).negated() + followings(after, settings)
    return total.keeping(total.data != 0)


def directed(counted: SparseMatrix, popularity: FloatArray, settings: Settings) -> Piece:
    """The normalised C of `followings`; `popularity` counts the students of each item."""
    source = np.maximum(popularity, 1.0) ** -settings.sequence_source_damping
    target = np.maximum(popularity, 1.0) ** -settings.sequence_target_damping
    return whole(counted.without_diagonal().scaled(source, target).stored_as(np.float32))


def _weights(same: IntArray, distance: int) -> tuple[FloatArray, FloatArray]:
    near = distance**-0.5
    forth = np.where(same, AT_ONCE, 1.0) * near
    back = np.where(same, AT_ONCE, BACKWARD) * near
    return np.rint(forth / GRAIN) * GRAIN, np.rint(back / GRAIN) * GRAIN
