"""Ridge regression of each item on the others: B = argmin ‖X − X B‖² + λ‖B‖², diag B = 0, on D_u^-c/2 X.

Full EASE (Steck 2019, arXiv:1905.03375) where the catalogue is small; else each target is regressed on its
nearest items only, so that no large system is ever solved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray
from cobi.recommenders.gram import Cells, Gram
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.piece import Piece, Rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

FULL_ITEMS = 4_500
"""Up to so many items the whole system is solved."""


def ridges(gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """B D_i^-b for each: λ is a multiple of the mean of G's diagonal, b the popularity knob.

    Signals and items are what anybody touched. Neighbours are found, and their G gathered, once for all; pieces of one
    penalty are of one core.
    """
    strength = gram.diagonal()
    mean = float(strength.mean()) if gram.size else 1.0
    penalties = list(dict.fromkeys(own.ridge_penalty for own in several))
    told = [penalty * mean for penalty in penalties]
    if gram.size <= FULL_ITEMS:
        found: Sequence[Cells | SparseMatrix] = [_full(gram, penalty) for penalty in told]
    else:
        found = _local(gram, told, several[0].ridge_neighbours)
    cores = {penalty: _core(one) for penalty, one in zip(penalties, found, strict=True)}
    return [
        Piece(
            gram.met,
            gram.met,
            cores[own.ridge_penalty],
            gram.rows_near,
            target=strength**-own.ridge_target_damping,
        )
        for own in several
    ]


def _core(found: Cells | SparseMatrix) -> Rows:
    def rows(first: int, last: int) -> Cells | SparseMatrix:
        return found.row_range(first, last) if isinstance(found, SparseMatrix) else found[first:last]

    return rows


def _full(gram: Gram, penalty: float) -> Cells:
    """B_ij = −P_ij / P_jj with P = (G + λI)⁻¹."""
    square = np.zeros((gram.size, gram.size), np.float32, order="F")
    for first, last in spans(gram.size, gram.rows_at_once):
        cells = gram.block(first, last)
        # G is its own transpose, and columns lie together here.
        square[:, first:last] = (cells.dense() if isinstance(cells, SparseMatrix) else cells).T
    np.fill_diagonal(square, gram.diagonal() + penalty)
    if gram.size == 0:
        return square
    factor, _ = lapack.spotrf(square, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(half, -1)
    precision = lower.T + lower
    precision /= -np.diagonal(half)[None, :]
    return np.ascontiguousarray(precision)


def _local(gram: Gram, penalties: Sequence[float], neighbours: int) -> list[SparseMatrix]:
    """Each target on its nearest items by cosine; one matrix for each penalty."""
    count = min(neighbours, gram.size - 1)
    near = nearest(gram, count)
    order = _by_crowd(gram, near)

    def part(span: tuple[int, int]) -> list[Cells]:
        target = order[slice(*span)]
        return _regressed(gram, near[target], target, penalties)

    parts = list(in_order(part, spans(gram.size, gram.groups_at_once)))
    near = near[order]
    known = near.ravel() != ABSENT
    target, source = np.repeat(order, count)[known], near.ravel()[known]
    shape = (gram.size, gram.size)
    return [
        SparseMatrix.of_triples(source, target, np.concatenate(columns).ravel()[known], shape)
        for columns in zip(*parts, strict=True)
    ]


def _by_crowd(gram: Gram, near: IntArray) -> IntArray:
    """The targets by their most touched neighbour: those who share it share more, whose cells of G are then at hand."""
    most = np.where(near == ABSENT, -1.0, gram.diagonal()[near]).argmax(axis=1)
    return np.argsort(near[np.arange(len(near)), most], kind="stable")


def _regressed(gram: Gram, near: IntArray, target: IntArray, penalties: Sequence[float]) -> list[Cells]:
    """(G_SS + λI) b = G_Sj for each target j and its neighbours S, for each λ: targets × neighbours."""
    square = gram.squares(np.concatenate([near, target[:, None]], axis=1))
    root: IntArray = np.arange(int(near.shape[1]))
    found: list[Cells] = []
    for penalty in penalties:
        system = square[:, :-1, :-1].copy()
        system[:, root, root] += np.float32(penalty)
        found.append(_solved(system, square[:, :-1, -1]))
    return found


def _solved(systems: Cells, right: Cells) -> Cells:
    """Of each symmetric system, of which only the upper half is read, the solution by Cholesky's factors.

    One after the other: the threads that NumPy's batched solver would start for systems this small wait for each
    other longer than they work.
    """
    found = np.empty_like(right)
    for number, system in enumerate(systems):
        # Read by columns, as LAPACK does, the upper half is the lower one.
        _, found[number], _ = lapack.sposv(system.T, right[number], lower=1, overwrite_a=1)
    return found


def nearest(gram: Gram, count: int) -> IntArray:
    """For each item the `count` items of the largest cosine in G: n × count, ascending, -1 where there are fewer."""
    length = np.maximum(gram.diagonal(), 1e-12) ** -0.5

    def part(span: tuple[int, int]) -> IntArray:
        return _nearest(gram.block(*span), length, count)

    found = list(in_order(part, spans(gram.size, gram.rows_near)))
    return np.concatenate(found)


def _nearest(cells: Cells | SparseMatrix, length: FloatArray, count: int) -> IntArray:
    if isinstance(cells, SparseMatrix):
        best = cells.scaled(np.ones(cells.height), length).cut(count)
    else:
        cells *= length[None, :].astype(np.float32)
        best = SparseMatrix.of_dense_cut(cells, count)
    near = np.full((best.height, count), ABSENT, np.int64)
    near[best.row_of_entry, np.arange(len(best.data)) - best.indptr[best.row_of_entry]] = best.indices
    return near
