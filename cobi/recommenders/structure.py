"""Structure: offer → shop → tags and keywords; touches rise along it and scores come down."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, FloatArray, IntArray
from cobi.recommenders.gram import NEAR_CELLS, Cells
from cobi.recommenders.piece import Piece, Rows, whole
from cobi.recommenders.settings import Settings, Sharing
from cobi.recommenders.sparse import SparseMatrix

ROWS_AT_ONCE = 2_000
FULL_SHARE = 0.5
"""Above so many products for each cell, rows are made whole: sparse ones would take longer to make and to cut."""
MOST_CHILDREN = 400
"""What more items belong to passes nothing on: it tells them hardly apart, and would fill the matrix."""


def is_flat(catalogue: Catalogue) -> bool:
    """Whether no two items have a parent in common, so that structure says nothing."""
    parents = catalogue.links[:, 1]
    return len(parents) == len(np.unique(parents))


def rising(catalogue: Catalogue, settings: Settings) -> SparseMatrix:
    """E, items × items: x · E adds a share of each touch to the item's shop, tags and keywords."""
    step = steps(catalogue, settings.touching)
    return SparseMatrix.identity(catalogue.size) + step + step @ step


def descending(catalogue: Catalogue, settings: Settings) -> SparseMatrix:
    """F, items × items: F · scores adds to each item a share of its parents' scores, theirs included."""
    step = steps(catalogue, settings.inheriting)
    return SparseMatrix.identity(catalogue.size) + step + step @ step


def own(touched: FloatArray, settings: Settings) -> Piece:
    """The diagonal: what was touched speaks for itself; less so if all touch it (`touched`, sums)."""
    return whole(SparseMatrix.diagonal_of((1 + touched) ** -settings.own_damping))


def relatives(catalogue: Catalogue, touched: FloatArray, settings: Settings) -> Piece:
    """E · diagonal · Fᵀ without the diagonal: what was touched speaks for its shop, and that for its offers."""
    core = SparseMatrix.diagonal_of((1 + touched) ** -settings.own_damping)
    return passed_on(catalogue, core, settings, diagonal=False)


def passed_on(
    catalogue: Catalogue, core: SparseMatrix, settings: Settings, *, diagonal: bool = True
) -> Piece:
    """E · core · Fᵀ; whole, what is of the same parents has the same rows and columns, which are made once."""
    up, down = rising(catalogue, settings), descending(catalogue, settings)
    itself = None if diagonal else (up @ core).overlap(down)

    def chain(x: SparseMatrix) -> Cells:
        risen = (x @ up).stored_as(np.float32)
        cells = down.stored_as(np.float32).times(risen.dense_product(core.stored_as(np.float32)).T).T
        if itself is not None:
            cells[x.row_of_entry, x.indices] -= (x.data * itself[x.indices]).astype(np.float32)
        return cells

    told = core if diagonal else _of_parents(catalogue, core)
    leading = kinds_of(up.keeping((np.diff(told.indptr) > 0)[up.indices]))
    reached = np.bincount(told.indices, minlength=told.width) > 0
    rows, at_once = product(leading, told, kinds_of(down.keeping(reached[down.indices])))
    every = np.arange(catalogue.size)
    return Piece(every, every, rows, at_once, chain=chain, kind=leading.kind, hollow=not diagonal)


def _of_parents(catalogue: Catalogue, core: SparseMatrix) -> SparseMatrix:
    """Without what speaks for itself and has nothing that belongs to it: it comes to the diagonal alone."""
    childless = np.bincount(catalogue.links[:, 1], minlength=catalogue.size) == 0
    return core.keeping((core.row_of_entry != core.indices) | ~childless[core.indices])


@dataclass(frozen=True, slots=True)
class Kinds:
    """A matrix of which many rows are the same."""

    rows: SparseMatrix
    """Each distinct row once."""
    kind: IntArray
    """Which of those each row of the matrix is."""

    def membership(self) -> SparseMatrix:
        """Rows of the matrix × distinct rows: 1 where one is the other."""
        height = len(self.kind)
        kind = self.kind.astype(np.int32)
        return SparseMatrix(np.arange(height + 1), kind, np.ones(height), self.rows.height)


def kinds_of(matrix: SparseMatrix) -> Kinds:
    """The distinct rows in the order in which they come first."""
    number: dict[bytes, int] = {}
    kind, first = np.empty(matrix.height, np.int64), list[int]()
    bounds: list[int] = matrix.indptr.tolist()
    for row, (start, stop) in enumerate(itertools.pairwise(bounds)):
        told = matrix.indices[start:stop].tobytes() + matrix.data[start:stop].tobytes()
        kind[row] = number.setdefault(told, len(number))
        if kind[row] == len(first):
            first.append(row)
    return Kinds(matrix.rows(np.array(first, np.int64)), kind)


def product(leading: Kinds, core: SparseMatrix, trailing: Kinds) -> tuple[Rows, int]:
    """Distinct rows of leading · core · trailingᵀ, and how many at once; whole where most cells are filled."""
    heirs, width = trailing.rows.transposed(), len(trailing.kind)

    def sparse(first: int, last: int) -> SparseMatrix:
        block = (leading.rows.row_range(first, last) @ core) @ heirs
        return (block @ members).stored_as(np.float32)

    def whole_rows(first: int, last: int) -> Cells:
        risen = leading.rows.row_range(first, last).dense_product(core)
        return trailing.rows.times(risen.T).T.astype(np.float32)[:, trailing.kind]

    if _fills(leading.rows, core, heirs):
        return whole_rows, max(1, NEAR_CELLS // max(width, 1))
    members = trailing.membership().transposed()
    return sparse, ROWS_AT_ONCE


def _fills(leading: SparseMatrix, core: SparseMatrix, heirs: SparseMatrix) -> bool:
    """Whether so many entries meet in a row of the product that it is sooner made whole."""
    met = np.diff(heirs.indptr).astype(np.float64)
    for factor in (core, leading):
        met = factor.pattern().times(met)
    return float(met.sum()) > FULL_SHARE * leading.height * heirs.width


def steps(catalogue: Catalogue, sharing: Sharing) -> SparseMatrix:
    """child × parent: the parent type's share, thinned by the parent's children and the child's parents."""
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    parent_type = catalogue.item_type[parent].astype(np.int64)
    children = np.bincount(parent, minlength=catalogue.size)[parent]
    family = child * (max(ItemType) + 1) + parent_type
    parents = np.bincount(family)[family] if len(family) else np.empty(0)
    share = np.zeros(max(ItemType) + 1)
    share[[ItemType.SHOP, ItemType.TAG, ItemType.KEYWORD]] = sharing.shop, sharing.tag, sharing.keyword
    value = share[parent_type] / children**sharing.crowding / parents**sharing.spreading
    value[children > MOST_CHILDREN] = 0.0
    passed = value > 0
    shape = (catalogue.size, catalogue.size)
    return SparseMatrix.of_triples(child[passed], parent[passed], value[passed], shape)
