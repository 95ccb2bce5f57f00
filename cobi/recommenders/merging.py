"""Adding what several ways say: B = Σ factor · B_k, each row cut to its largest entries, some rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from cobi.recommenders.gram import NEAR_CELLS
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.sparse import SparseMatrix, stacked

Parts = Sequence[tuple[SparseMatrix, float]]
"""Matrices of one shape, and what each is multiplied with."""
FULL_SHARE = 0.08
"""Where the parts have more entries than this share of the cells, rows are added whole."""


def added(parts: Parts, first: int, last: int, width: int, entries: int) -> tuple[SparseMatrix, float]:
    """Rows first…last-1 of the sum, float64, each cut to so many entries; and their absolute size before the cut."""
    cells = (last - first) * width
    filled = sum(int(part.indptr[last] - part.indptr[first]) for part, _ in parts)
    whole = filled > FULL_SHARE * cells
    step = max(1, NEAR_CELLS * (last - first) // max(cells if whole else filled, 1))

    def cut(span: tuple[int, int]) -> tuple[SparseMatrix, float]:
        rows = (first + span[0], first + span[1])
        return (_whole if whole else _sparse)(parts, rows, width, entries)

    found = list(in_order(cut, spans(last - first, step)))
    return stacked([own for own, _ in found], width).stored_as(np.float64), sum(size for _, size in found)


def _whole(parts: Parts, rows: tuple[int, int], width: int, entries: int) -> tuple[SparseMatrix, float]:
    cells = np.zeros((rows[1] - rows[0], width))
    for part, factor in parts:
        own = part.row_range(*rows)
        cells[own.row_of_entry, own.indices] += own.data.astype(np.float64) * factor
    return SparseMatrix.of_dense_cut(cells, entries), float(np.abs(cells).sum())


def _sparse(parts: Parts, rows: tuple[int, int], width: int, entries: int) -> tuple[SparseMatrix, float]:
    own = [(part.row_range(*rows), factor) for part, factor in parts]
    told = [part.scaled(np.full(part.height, factor)) for part, factor in own if len(part.data)]
    total = reduce(SparseMatrix.__add__, told, SparseMatrix.empty(rows[1] - rows[0], width))
    return total.cut(entries), float(np.abs(total.data).sum())
