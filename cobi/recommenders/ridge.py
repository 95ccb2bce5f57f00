"""Ridge regression of each item on the others: B = argmin ‖X − X B‖² + λ‖B‖², diag B = 0, on D_u^-c/2 X.

Full EASE (Steck 2019, arXiv:1905.03375) where the catalogue is small; else each target is regressed on its
nearest items only, so that no large system is ever solved.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from cobi.recommenders.dataset import ABSENT, IntArray
from cobi.recommenders.gram import Cells, Gram
from cobi.recommenders.piece import Blocks, Piece
from cobi.recommenders.progress import Progress, silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

FULL_ITEMS = 4_500
"""Up to so many items the whole system is solved."""
TARGETS_AT_ONCE = 128


def ridge(gram: Gram, settings: Settings, progress: Progress = silent) -> Piece:
    """Signals and items are what anybody touched; λ is a multiple of the mean of G's diagonal."""
    return Piece(gram.met, gram.met, _blocks(gram, settings, progress))


def _blocks(gram: Gram, settings: Settings, progress: Progress) -> Blocks:
    if gram.size == 0:
        return
    penalty = settings.ridge_penalty * float(gram.diagonal().mean())
    if gram.size <= FULL_ITEMS:
        yield 0, _full(gram, penalty)
    else:
        yield 0, _local(gram, penalty, settings.ridge_neighbours, progress)


def _full(gram: Gram, penalty: float) -> Cells:
    """B_ij = −P_ij / P_jj with P = (G + λI)⁻¹."""
    square = np.zeros((gram.size, gram.size), np.float32, order="F")
    for first, cells in gram.blocks():
        rows = cells.dense() if isinstance(cells, SparseMatrix) else cells
        square[first : first + len(rows)] = rows
    np.fill_diagonal(square, gram.diagonal() + penalty)
    factor, _ = lapack.spotrf(square, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(half, -1)
    precision = lower + lower.T
    precision /= -np.diagonal(half)[None, :]
    return np.ascontiguousarray(precision)


def _local(gram: Gram, penalty: float, neighbours: int, progress: Progress) -> SparseMatrix:
    """Each target on its nearest items by cosine."""
    count = min(neighbours, gram.size - 1)
    near = nearest(gram, count)
    root = np.arange(count)
    columns: list[Cells] = []
    for first in range(0, gram.size, TARGETS_AT_ONCE):
        target = np.arange(first, min(first + TARGETS_AT_ONCE, gram.size))
        square = gram.squares(np.concatenate([near[target], target[:, None]], axis=1))
        system, right = square[:, :-1, :-1].copy(), square[:, :-1, -1]
        system[:, root, root] += penalty
        columns.append(np.linalg.solve(system, right[:, :, None])[:, :, 0])
        progress(target[-1] / gram.size, "regressing each item on its neighbours")
    target, known = np.repeat(np.arange(gram.size), count), near.ravel() != ABSENT
    weight = np.concatenate(columns).ravel()[known].astype(np.float64)
    return SparseMatrix.of_triples(near.ravel()[known], target[known], weight, (gram.size, gram.size))


def nearest(gram: Gram, count: int) -> IntArray:
    """For each item the `count` items of the largest cosine in G: n × count, -1 where there are fewer."""
    length = gram.diagonal() ** -0.5
    found: list[IntArray] = []
    for _, cells in gram.blocks():
        if isinstance(cells, SparseMatrix):
            found.append(_nearest_sparse(cells.scaled(np.ones(cells.height), length), count))
            continue
        cosine = cells * length[None, :].astype(np.float32)
        found.append(np.argpartition(cosine, -count, axis=1)[:, -count:])
    return np.concatenate(found)


def _nearest_sparse(cosine: SparseMatrix, count: int) -> IntArray:
    best = cosine.cut(count)
    near = np.full((best.height, count), ABSENT, np.int64)
    near[best.row_of_entry, np.arange(len(best.data)) - best.indptr[best.row_of_entry]] = best.indices
    return near
