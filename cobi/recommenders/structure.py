"""Structure: offer → shop → tags and keywords; touches rise along it and scores come down."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, FloatArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.piece import Piece, whole
from cobi.recommenders.settings import Settings, Sharing
from cobi.recommenders.sparse import SparseMatrix

ROWS_AT_ONCE = 2_000
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
    """E · core · Fᵀ."""
    up, down = rising(catalogue, settings), descending(catalogue, settings)
    heirs = down.transposed()
    itself = None if diagonal else (up @ core).overlap(down)

    def rows(first: int, last: int) -> SparseMatrix:
        block = ((up.row_range(first, last) @ core) @ heirs).stored_as(np.float32)
        return block if diagonal else block.without_diagonal(first)

    def chain(x: SparseMatrix) -> Cells:
        risen = (x @ up).stored_as(np.float32)
        cells = down.stored_as(np.float32).times(risen.dense_product(core.stored_as(np.float32)).T).T
        if itself is not None:
            cells[x.row_of_entry, x.indices] -= (x.data * itself[x.indices]).astype(np.float32)
        return cells

    every = np.arange(catalogue.size)
    return Piece(every, every, rows, ROWS_AT_ONCE, chain=chain)


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
