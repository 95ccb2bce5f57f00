"""Full rankings: where the wanted items stand among all that may be shown, never among a sample of them.

Sampling candidates changes which method looks better (Krichene & Rendle 2020, KDD), so nothing here does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

NOBODY = -1
"""Fills a list that is shorter than asked for."""

CELLS_AT_ONCE = 1_000_000
"""Comparisons held in memory while wanted cells are ranked."""

BLOCKS = 8
"""Blocks for each place of a list, when the best are looked for."""


class Rankings:
    """One ranking for each row of finite scores, of the cells that are allowed, best score first.

    All matrices are lists × items. Among equal scores the one with less luck, in 0…1, stands first; luck drawn
    anew for each list lets no method gain by the order in which items are stored.
    """

    def __init__(self, scores: FloatArray, allowed: Mask, luck: FloatArray) -> None:
        self._scores = np.where(allowed, scores, -np.inf)
        self._allowed, self._luck = allowed, luck

    def ranks(self, row: IntArray, column: IntArray) -> IntArray:
        """The rank, from 1, of each of these cells, which must be allowed; rows ascend."""
        distinct, first = np.unique(row, return_index=True)
        found = [np.empty(0, np.int64)]
        for r, wanted in zip(distinct.tolist(), np.split(column, first[1:]), strict=False):
            parts = 1 + len(wanted) * self._scores.shape[1] // CELLS_AT_ONCE
            found.extend(self._ranks(r, part) for part in np.array_split(wanted, parts))
        return np.concatenate(found)

    def tops(self, length: int) -> IntArray:
        """The columns of each ranking's first cells, lists × `length`, filled with NOBODY."""
        made = np.full((len(self._scores), length), NOBODY, np.int64)
        for r, floor in enumerate(self._floors(length)):
            best = np.flatnonzero((self._scores[r] >= floor) & self._allowed[r])
            order = np.lexsort((self._luck[r, best], -self._scores[r, best]))[:length]
            made[r, : len(order)] = best[order]
        return made

    def _floors(self, length: int) -> FloatArray:
        """For each ranking a score that at least `length` cells reach, where there are so many, and few others.

        It is the length-th highest of the maxima of blocks of cells: sooner found than that of all cells.
        """
        height, width = len(self._scores), int(self._scores.shape[1])
        if width <= length:
            return np.full(height, -np.inf)
        size = max(1, width // (BLOCKS * length))
        highest = np.maximum.reduceat(self._scores, np.arange(0, width, size), axis=1)
        return -np.partition(-highest, length - 1, axis=1)[:, length - 1]

    def _ranks(self, row: int, wanted: IntArray) -> IntArray:
        scores, luck = self._scores[row], self._luck[row]
        # Few are wanted of many: to count what stands above each is sooner done than to sort them all.
        own = scores[wanted, None]
        rank = 1 + np.count_nonzero(scores > own, axis=1)
        equal = scores == own
        tied = np.flatnonzero(np.count_nonzero(equal, axis=1) > 1)
        rank[tied] += np.count_nonzero(equal[tied] & (luck < luck[wanted[tied], None]), axis=1)
        return rank
