"""A soft low-pass on the students-items graph: the truncated spectrum of scaled touches, weak parts damped."""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import BLOCK_CELLS, Cells, Gram
from cobi.recommenders.piece import Blocks, Piece
from cobi.recommenders.settings import Settings

SWEEPS = 6
"""Subspace iterations (Halko, Martinsson & Tropp 2011, §4.5); the filter needs no more digits."""


def low_pass(gram: Gram, settings: Settings) -> Piece:
    """B = D_i^-½ V f(S) Vᵀ D_i^e without diagonal; V S² Vᵀ ≈ D_i^-½ G D_i^-½, f = s²/(s² + ⅟₂₀ s₁²)."""

    def factors() -> tuple[Cells, Cells]:
        return _factors(gram, settings)

    return Piece(gram.met, gram.met, _blocks(gram, settings), factors)


def _factors(gram: Gram, settings: Settings) -> tuple[Cells, Cells]:
    rank = min(settings.spectrum, gram.size)
    strength = gram.diagonal()
    value, vector = _spectrum(gram, strength**-0.5, rank)
    passed = value / np.maximum(value + settings.spectrum_floor * value[:1], 1e-12)
    left = ((strength**-0.5)[:, None] * vector * passed).astype(np.float32)
    right = ((strength**settings.spectrum_popularity)[:, None] * vector).astype(np.float32).T
    return left, np.ascontiguousarray(right)


def _blocks(gram: Gram, settings: Settings) -> Blocks:
    if gram.size == 0:
        return
    left, right = _factors(gram, settings)
    height = max(1, BLOCK_CELLS // gram.size)
    for first in range(0, gram.size, height):
        cells = left[first : first + height] @ right
        row = np.arange(len(cells))
        cells[row, row + first] = 0
        yield first, cells


def _spectrum(gram: Gram, scale: FloatArray, rank: int) -> tuple[FloatArray, Cells]:
    """The largest eigenvalues of D^-½ G D^-½ and their vectors, by sweeps over the students' touches."""
    touched = gram.scaled.scaled(np.ones(gram.scaled.height), scale).stored_as(np.float32)
    rising = touched.transposed()
    start = np.random.default_rng(0).standard_normal((gram.size, rank + 8)).astype(np.float32)
    basis, _ = np.linalg.qr(start)
    for _ in range(SWEEPS):
        basis, _ = np.linalg.qr(rising.times(touched.times(basis)))
    small = touched.times(basis)
    value, turn = np.linalg.eigh(small.T.astype(np.float64) @ small)
    order = np.argsort(-value)[:rank]
    return np.maximum(value[order], 0.0), (basis @ turn[:, order])
