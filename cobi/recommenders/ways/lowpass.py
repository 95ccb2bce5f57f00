"""A soft low-pass on the students-items graph: the truncated spectrum of scaled touches, weak parts damped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import NEAR_CELLS, Cells, Gram
from cobi.recommenders.piece import Piece, Rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.spectrum import strongest, times

MOST_CELLS = 10_000_000
"""Of a very large catalogue fewer parts of the spectrum are kept: so many numbers in all, 40 MB."""
GEMM_GAIN = 20
"""Full products are so many times faster for each number than sparse ones."""
FEWEST_ROWS = 64
"""A product of fewer rows takes longer for each."""


def low_passes(gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """B = D_i^-½ V f(S) Vᵀ D_i^e without diagonal; V S² Vᵀ ≈ D_i^-½ G D_i^-½, f = s²/(s² + ⅟₂₀ s₁²).

    They are of one spectrum: the settings may differ in e and in how many parts of it are kept.
    """
    strength = gram.diagonal()
    wanted = [_parts(own, gram.size) for own in several]
    value, vector = strongest(_product(gram, strength**-0.5), gram.size, max(wanted))
    passed = value / np.maximum(value + several[0].spectrum_floor * value[:1], 1e-12)
    cores = {parts: _core(vector[:, :parts], passed[:parts]) for parts in dict.fromkeys(wanted)}
    step, source = max(FEWEST_ROWS, NEAR_CELLS // max(gram.size, 1)), strength**-0.5
    return [
        Piece(gram.met, gram.met, rows, step, source, strength**own.spectrum_popularity, chain)
        for own, (rows, chain) in ((own, cores[parts]) for own, parts in zip(several, wanted, strict=True))
    ]


def _core(vector: Cells, passed: FloatArray) -> tuple[Rows, Callable[[SparseMatrix], Cells]]:
    """V f(S) Vᵀ without its diagonal, by rows and applied to signals."""
    left = (vector * passed).astype(np.float32)
    right = np.ascontiguousarray(vector.astype(np.float32).T)
    itself = np.einsum("ij,ji->i", left, right)

    def rows(first: int, last: int) -> Cells:
        cells = left[first:last] @ right
        row = np.arange(last - first)
        cells[row, row + first] = 0
        return cells

    def chain(x: SparseMatrix) -> Cells:
        cells = x.times(left) @ right
        cells[x.row_of_entry, x.indices] -= x.data * itself[x.indices]
        return cells

    return rows, chain


def _parts(settings: Settings, items: int) -> int:
    return min(settings.spectrum, items, MOST_CELLS // max(items, 1))


def _product(gram: Gram, scale: FloatArray) -> Callable[[Cells], Cells]:
    """D^-½ G D^-½ times a thin matrix: by the students' touches, or by G where it is dense, the sooner way.

    G is counted only for that.
    """
    sooner = gram.is_dense and gram.size**2 <= GEMM_GAIN * 2 * len(gram.scaled.data)
    dense = gram.dense if sooner else None
    if dense is None:
        touched = gram.scaled.scaled(columns=scale).stored_as(np.float32)
        rising = touched.transposed()
        return lambda thin: rising.times(touched.times(thin))
    narrow = scale.astype(np.float32)[:, None]
    return lambda thin: narrow * times(dense, narrow * thin)
