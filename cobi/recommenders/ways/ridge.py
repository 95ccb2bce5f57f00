"""Ridge regression of each item on the others: B = argmin ‖X − X B‖² + λ‖B‖², diag B = 0, on D_u^-c/2 X.

Full EASE (Steck 2019, arXiv:1905.03375) where the catalogue is small or the students are few (`dual.py`); else each
target is regressed on its nearest items only, so that no large system is ever solved. λ may rise with how strongly an
item is touched, as if touches were forgotten at random (Steck 2020, arXiv:2010.13047).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

import numpy as np
from scipy.linalg import lapack

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray
from cobi.recommenders.gram import Cells, Gram
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.piece import Piece, Rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.cholesky import inverse
from cobi.recommenders.ways.dual import dual_of, is_smaller

FULL_ITEMS = 4_500
"""Up to so many items the whole system is solved."""


class Solver(Enum):
    """How B is found: among students or among items all at once, or each item among its nearest."""

    STUDENTS = "students"
    ITEMS = "items"
    NEAREST = "nearest"


def solver_of(gram: Gram) -> Solver:
    """The cheapest way that leaves nothing out; of many students and many items the nearest."""
    if is_smaller(gram):
        return Solver.STUDENTS
    return Solver.ITEMS if gram.size <= FULL_ITEMS else Solver.NEAREST


def ridges(gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """B D_i^-b for each: λ is a multiple of the mean of G's diagonal, b the popularity knob.

    Signals and items are what anybody touched. Neighbours are found, and their G gathered, once for all; pieces of one
    penalty are of one core.
    """
    strength = gram.diagonal()
    told = list(dict.fromkeys((own.ridge_penalty, own.ridge_tilt) for own in several))
    penalties = [_penalties(strength, *own) for own in told]
    cores = dict(zip(told, _pieces(gram, penalties, several[0].ridge_neighbours), strict=True))
    return [
        _damped(cores[own.ridge_penalty, own.ridge_tilt], strength**-own.ridge_target_damping)
        for own in several
    ]


def _penalties(strength: FloatArray, penalty: float, tilt: float) -> FloatArray:
    """λ of each item, its mean a multiple of G's mean diagonal."""
    tilted = strength**tilt
    return penalty * strength.mean() * tilted / tilted.mean() if len(strength) else strength


def _pieces(gram: Gram, penalties: Sequence[FloatArray], neighbours: int) -> list[Piece]:
    """B for the penalties of each."""
    solver = solver_of(gram)
    if solver is Solver.STUDENTS:
        return [_among_students(gram, own) for own in penalties]
    if solver is Solver.ITEMS:
        return [_piece(gram, _full(gram, own)) for own in penalties]
    return [_piece(gram, own) for own in _local(gram, penalties, neighbours)]


def _piece(gram: Gram, found: Cells | SparseMatrix) -> Piece:
    return Piece(gram.met, gram.met, _core(found), gram.rows_near)


def _among_students(gram: Gram, penalties: FloatArray) -> Piece:
    """M with what it is multiplied with on both sides."""
    dual, root = dual_of(gram, penalties), penalties**0.5
    target = root / np.maximum(1 - dual.itself, 1e-9)
    return Piece(gram.met, gram.met, dual.rows, dual.rows_at_once, 1 / root, target, dual.chain)


def _damped(piece: Piece, target: FloatArray) -> Piece:
    return replace(piece, target=target if piece.target is None else piece.target * target)


def _core(found: Cells | SparseMatrix) -> Rows:
    def rows(first: int, last: int) -> Cells | SparseMatrix:
        return found.row_range(first, last) if isinstance(found, SparseMatrix) else found[first:last]

    return rows


def _full(gram: Gram, penalties: FloatArray) -> Cells:
    """B_ij = −P_ij / P_jj with P = (G + Λ)⁻¹."""
    square = np.zeros((gram.size, gram.size), np.float32, order="F")
    for first, last in spans(gram.size, gram.rows_at_once):
        cells = gram.block(first, last)
        # G is its own transpose, and columns lie together here.
        square[:, first:last] = (cells.dense() if isinstance(cells, SparseMatrix) else cells).T
    np.fill_diagonal(square, gram.diagonal() + penalties)
    if gram.size == 0:
        return square
    precision = inverse(square)
    precision /= -np.diagonal(precision).copy()
    np.fill_diagonal(precision, 0)
    return np.ascontiguousarray(precision)


def _local(gram: Gram, penalties: Sequence[FloatArray], neighbours: int) -> list[SparseMatrix]:
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


def _regressed(gram: Gram, near: IntArray, target: IntArray, penalties: Sequence[FloatArray]) -> list[Cells]:
    """(G_SS + Λ_SS) b = G_Sj for each target j and its neighbours S, for each Λ: targets × neighbours."""
    square = gram.squares(np.concatenate([near, target[:, None]], axis=1))
    root: IntArray = np.arange(int(near.shape[1]))
    found: list[Cells] = []
    for penalty in penalties:
        system = square[:, :-1, :-1].copy()
        # What is absent reads the last item's: the rest of its row and column is empty.
        system[:, root, root] += penalty[near].astype(np.float32)
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
