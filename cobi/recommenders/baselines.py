"""What every model has to beat: popularity, and one hop over the items that others touched too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cobi.recommenders.dataset import ANONYMOUS, Events, FloatArray, IntArray
from cobi.recommenders.parallel import in_order, spans


def popularity(events: Events, items: slice) -> FloatArray:
    """How many events each item has had, float64[items]."""
    return np.bincount(events.item, minlength=items.stop)[items].astype(np.float64)


def students_of(events: Events, items: slice) -> IntArray:
    """How many known students have touched each item, int64[items]."""
    known = events.student != ANONYMOUS
    width = int(events.student.max(initial=0)) + 1
    pairs = np.unique(events.item[known] * width + events.student[known])
    return np.bincount(pairs // width, minlength=items.stop)[items]


BATCH = 64
"""Students scored at once: few enough that what they share stays in the processor's cache."""

MOST_CELLS = 500_000_000
"""All cosines are held where they are no more than these, 2 GB; a student costs a few additions then."""

CELLS_AT_ONCE = 4_000_000
"""So many are computed at a time."""


@dataclass(frozen=True, slots=True)
class OneHop:
    """Item-based nearest neighbours by cosine, all of them: score(j) = Σ cos(i, j) over the touched items i.

    cos(i, j) = |students of both| / √(|students of i| · |students of j|) (Deshpande & Karypis 2004, TOIS 22:143).
    Touched are items of every type, however often.
    """

    touched: sparse.csr_array[Any]
    """X, students × items, float32: 1 where a student touched an item."""
    damped: sparse.csr_array[Any]
    """X D^-½, D the number of each item's students."""
    targets: sparse.csr_array[Any]
    """Its columns that are ranked."""
    cosines: NDArray[np.float32] | None
    """D^-½ Xᵀ X D^-½, items × ranked items, where it fits into memory."""

    def scores(self, students: IntArray) -> FloatArray:
        """Every ranked item's score for these students, students × items."""
        return np.concatenate(
            [self._batch(students[first : first + BATCH]) for first in range(0, max(len(students), 1), BATCH)]
        )

    def _batch(self, students: IntArray) -> FloatArray:
        if self.cosines is not None:
            return (self.touched[students] @ self.cosines).astype(np.float64)
        # (x D^-½ Xᵀ) (X D^-½): items × items, which does not fit into memory, is never made.
        alike = (self.touched @ self.damped[students].T).toarray()
        return (self.targets.T @ alike).T.astype(np.float64)


def one_hop(events: Events, students: int, size: int, items: slice) -> OneHop:
    """Count who touched what, of a catalogue of that `size`."""
    known = events.student != ANONYMOUS
    cells = (events.student[known], events.item[known])
    touched = sparse.coo_array((np.ones(len(cells[0]), np.float32), cells), shape=(students, size)).tocsr()
    touched.data[:] = 1
    damped = touched.copy()
    damped.data = np.bincount(touched.indices, minlength=size)[touched.indices].astype(np.float32) ** -0.5
    targets = damped[:, items].tocsr()
    fits = size * targets.shape[1] <= MOST_CELLS
    return OneHop(touched, damped, targets, _cosines(damped, targets) if fits else None)


def _cosines(damped: sparse.csr_array[Any], targets: sparse.csr_array[Any]) -> NDArray[np.float32]:
    """Each item beside each ranked item, some items at a time."""
    rising = damped.T.tocsr()
    made = np.empty((rising.shape[0], targets.shape[1]), np.float32)

    def part(span: tuple[int, int]) -> None:
        made[slice(*span)] = (rising[slice(*span)] @ targets).toarray()

    for _ in in_order(part, spans(len(made), max(1, CELLS_AT_ONCE // max(made.shape[1], 1)))):
        pass
    return made
