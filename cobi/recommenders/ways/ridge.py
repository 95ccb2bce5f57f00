"""Ridge regression of each item on the others: B = argmin ‖X − X B‖² + λ‖B‖², diag B = 0, on D_u^-c/2 X.

Full EASE (Steck 2019, arXiv:1905.03375) where the catalogue is small or the students are few (`dual.py`); else each
target is regressed on its nearest items only, so that no large system is ever solved. λ may rise with how strongly an
item is touched, as if touches were forgotten at random (Steck 2020, arXiv:2010.13047).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from threading import Lock

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

FULL_ITEMS = 10_500
"""Up to so many items the whole system is solved, some seconds for each penalty."""
GROWN = 1.25
"""What was tuned on all items is learned of all as long as the catalogue has grown no more."""
HELD_CELLS = 100_000_000
"""Of several penalties' solutions no more are held at once: 400 MB; of one at least."""


class Solver(Enum):
    """How B is found: among students or among items all at once, or each item among its nearest."""

    STUDENTS = "students"
    ITEMS = "items"
    NEAREST = "nearest"


def solver_of(gram: Gram, *, whole: bool | None = None) -> Solver:
    """The cheapest way that leaves nothing out; of many students and many items the nearest, unless tuned otherwise."""
    slack = GROWN if whole else 1.0
    if whole is not False and is_smaller(gram, slack):
        return Solver.STUDENTS
    return Solver.ITEMS if whole is not False and gram.size <= slack * FULL_ITEMS else Solver.NEAREST


def ridges(gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """B D_i^-b for each: λ is a multiple of the mean of G's diagonal, b the popularity knob.

    Signals and items are what anybody touched. Neighbours are found, and their G gathered, once for all; pieces of one
    penalty are of one core.
    """
    strength = gram.diagonal()
    told = list(dict.fromkeys((own.ridge_penalty, own.ridge_tilt) for own in several))
    penalties = [_penalties(strength, *own) for own in told]
    cores = dict(zip(told, _pieces(gram, penalties, several[0]), strict=True))
    return [
        _damped(cores[own.ridge_penalty, own.ridge_tilt], strength**-own.ridge_target_damping)
        for own in several
    ]


def _penalties(strength: FloatArray, penalty: float, tilt: float) -> FloatArray:
    """λ of each item, its mean a multiple of G's mean diagonal."""
    tilted = strength**tilt
    return penalty * strength.mean() * tilted / tilted.mean() if len(strength) else strength


def _pieces(gram: Gram, penalties: Sequence[FloatArray], settings: Settings) -> list[Piece]:
    """B for the penalties of each."""
    solver = solver_of(gram, whole=settings.ridge_whole)
    if solver is Solver.STUDENTS:
        return [_among_students(gram, own) for own in penalties]
    if solver is Solver.ITEMS:
        solved = _Solved(gram, penalties)
        return [_piece(gram, partial(solved.rows, number)) for number in range(len(penalties))]
    return [_piece(gram, own.row_range) for own in _local(gram, penalties, settings.ridge_neighbours)]


def _piece(gram: Gram, rows: Rows) -> Piece:
    return Piece(gram.met, gram.met, rows, gram.rows_near)


@dataclass(slots=True)
class _Solved:
    """B of all items for several penalties, each made when it is asked for; the latest are held, those that fit."""

    gram: Gram
    penalties: Sequence[FloatArray]
    _found: dict[int, Cells] = field(default_factory=dict[int, Cells])
    _lock: Lock = field(default_factory=Lock)

    def rows(self, number: int, first: int, last: int) -> Cells:
        """Rows first…last-1 of the B of one penalty."""
        with self._lock:
            if number not in self._found:
                most = max(1, HELD_CELLS // max(self.gram.size**2, 1))
                for oldest in list(self._found)[: len(self._found) + 1 - most]:
                    del self._found[oldest]
                self._found[number] = _full(self.gram, self.penalties[number])
            return self._found[number][first:last]


def _among_students(gram: Gram, penalties: FloatArray) -> Piece:
    """M with what it is multiplied with on both sides."""
    dual, root = dual_of(gram, penalties), penalties**0.5
    target = root / np.maximum(1 - dual.itself, 1e-9)
    return Piece(gram.met, gram.met, dual.rows, dual.rows_at_once, 1 / root, target, dual.chain)


def _damped(piece: Piece, target: FloatArray) -> Piece:
    return replace(piece, target=target if piece.target is None else piece.target * target)


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
    # What is its own transpose lies in C's order as well.
    precision = inverse(square).T
    precision /= -np.diagonal(precision).copy()
    np.fill_diagonal(precision, 0)
    return precision


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
        best = cells.scaled(columns=length).cut(count)
    else:
        cells *= length[None, :].astype(np.float32)
        best = SparseMatrix.of_dense_cut(cells, count)
    near = np.full((best.height, count), ABSENT, np.int64)
    near[best.row_of_entry, np.arange(len(best.data)) - best.indptr[best.row_of_entry]] = best.indices
    return near
