"""A soft low-pass on the students-items graph: the truncated spectrum of scaled touches, weak parts damped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import NEAR_CELLS, Cells, Gram
from cobi.recommenders.parallel import spans
from cobi.recommenders.piece import Piece, Rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

SWEEPS = 6
"""Subspace iterations (Halko, Martinsson & Tropp 2011, §4.5); the filter needs no more digits."""
MOST_CELLS = 10_000_000
"""Of a very large catalogue fewer parts of the spectrum are kept: so many numbers in all, 40 MB."""
GEMM_GAIN = 20
"""Full products are so many times faster for each number than sparse ones."""


def low_passes(gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """B = D_i^-½ V f(S) Vᵀ D_i^e without diagonal; V S² Vᵀ ≈ D_i^-½ G D_i^-½, f = s²/(s² + ⅟₂₀ s₁²).

    They are of one spectrum: the settings may differ in e and in how many parts of it are kept.
    """
    strength = gram.diagonal()
    wanted = [_parts(own, gram.size) for own in several]
    value, vector = _spectrum(gram, strength**-0.5, max(wanted))
    passed = value / np.maximum(value + several[0].spectrum_floor * value[:1], 1e-12)
    cores = {parts: _core(vector[:, :parts], passed[:parts]) for parts in dict.fromkeys(wanted)}
    step, source = max(1, NEAR_CELLS // max(gram.size, 1)), strength**-0.5
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


def _spectrum(gram: Gram, scale: FloatArray, rank: int) -> tuple[FloatArray, Cells]:
    """The largest eigenvalues of D^-½ G D^-½ and their vectors, by sweeps over the students' touches or over G."""
    start = np.random.default_rng(0).standard_normal((gram.size, rank + 8)).astype(np.float32)
    if gram.size == 0:
        return np.empty(0), start[:, :0]
    sweep = _sweeper(gram, scale)
    basis, _ = np.linalg.qr(start)
    for _ in range(SWEEPS):
        basis, _ = np.linalg.qr(sweep(basis))
    small = basis.T.astype(np.float64) @ sweep(basis)
    value, turn = np.linalg.eigh((small + small.T) / 2)
    order = np.argsort(-value)[:rank]
    return np.maximum(value[order], 0.0), (basis @ turn[:, order]).astype(np.float32)


def _sweeper(gram: Gram, scale: FloatArray) -> Callable[[Cells], Cells]:
    """D^-½ G D^-½ times a thin matrix, the sooner way."""
    narrow = scale.astype(np.float32)[:, None]
    dense = gram.dense
    if dense is None or dense.size > GEMM_GAIN * 2 * len(gram.scaled.data):
        touched = gram.scaled.scaled(np.ones(gram.scaled.height), scale).stored_as(np.float32)
        rising = touched.transposed()
        return lambda basis: rising.times(touched.times(basis))
    parts = spans(gram.size, gram.rows_at_once)

    def sweep(basis: Cells) -> Cells:
        thin = narrow * basis
        return narrow * np.concatenate([dense[slice(*part)].astype(np.float32) @ thin for part in parts])

    return sweep
