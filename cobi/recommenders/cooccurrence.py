"""Normalised co-occurrence: items touched by the same students, one hop on the students-items graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import ABSENT, FloatArray
from cobi.recommenders.progress import Progress, silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, stacked

DENSE_SHARE = 0.02
"""Above this share of filled cells a dense product is faster than a sparse one."""
BLOCK_CELLS = 16_000_000
"""Cells of one block of G: 64 MB where dense."""


def cooccurrence(touched: SparseMatrix, settings: Settings, progress: Progress = silent) -> SparseMatrix:
    """D_i^-a Xᵀ D_u^-c X D_i^-b without its diagonal, items × items; `touched` is X, students × items.

    Rows are sources, cut one block at a time, so that the whole square is never held.
    """
    met = np.flatnonzero(touched.column_sums())
    number = np.full(touched.width, ABSENT, np.int64)
    number[met] = np.arange(len(met))
    students = np.arange(touched.height)
    narrow = touched.renumbered(students, touched.height, number, len(met))
    return _hop(narrow, settings, progress).renumbered(met, touched.width, met, touched.width)


def _hop(touched: SparseMatrix, settings: Settings, progress: Progress) -> SparseMatrix:
    source, target = _sides(touched, settings)
    dense = target.dense() if len(target.data) > DENSE_SHARE * target.height * target.width else None
    chance = _chance(source, target, settings)
    size = max(1, BLOCK_CELLS // max(touched.width, 1))
    blocks: list[SparseMatrix] = []
    for first in range(0, source.height, size):
        part = source.row_range(first, min(first + size, source.height))
        expected = chance[0][first : first + size], chance[1]
        if dense is None:
            block = _sparse_block(part, target, expected, first, settings)
        else:
            block = _dense_block(part, dense, expected, first, settings)
        blocks.append(block)
        progress(min(first + size, source.height) / source.height, "counting what is touched together")
    return stacked(blocks, touched.width)


def _sides(touched: SparseMatrix, settings: Settings) -> tuple[SparseMatrix, SparseMatrix]:
    """D_i^-a Xᵀ, items × students, and D_u^-c X D_i^-b, students × items."""
    length, popularity = touched.row_sums(), touched.column_sums()
    source = touched.scaled(np.ones(touched.height), popularity**-settings.source_damping).transposed()
    target = touched.scaled(_power(length, -settings.student_damping), popularity**-settings.target_damping)
    return source.stored_as(np.float32), target.stored_as(np.float32)


def _chance(source: SparseMatrix, target: SparseMatrix, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Two vectors whose outer product is what source · target would be if items had nothing in common."""
    row = source.times(target.row_sums())
    column = target.transposed().times(source.column_sums())
    return settings.chance_share * row / max(row.sum(), 1e-12), column


def _sparse_block(
    source: SparseMatrix,
    target: SparseMatrix,
    chance: tuple[FloatArray, FloatArray],
    first: int,
    settings: Settings,
) -> SparseMatrix:
    block = (source @ target).without_diagonal(first)
    data = block.data - chance[0][block.row_of_entry] * chance[1][block.indices]
    above = SparseMatrix(block.indptr, block.indices, data.astype(np.float32), block.width).keeping(data > 0)
    return above.cut(settings.entries_per_signal)


def _dense_block(
    source: SparseMatrix,
    target: NDArray[np.floating[Any]],
    chance: tuple[FloatArray, FloatArray],
    first: int,
    settings: Settings,
) -> SparseMatrix:
    cells = source.dense() @ target
    cells -= np.outer(chance[0].astype(np.float32), chance[1].astype(np.float32))
    row = np.arange(source.height)
    cells[row, row + first] = 0
    return SparseMatrix.of_dense_cut(np.maximum(cells, 0), settings.entries_per_signal)


def _power(base: FloatArray, exponent: float) -> FloatArray:
    """base^exponent, 0 where the base is."""
    return np.where(base > 0, np.maximum(base, 1e-12) ** exponent, 0.0)
