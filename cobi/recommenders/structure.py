"""Structure: offer → shop → tags and keywords; touches rise along it and scores come down."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, FloatArray
from cobi.recommenders.gram import Gram
from cobi.recommenders.onehop import one_hop
from cobi.recommenders.piece import Blocks, Piece, whole
from cobi.recommenders.settings import Settings, Sharing
from cobi.recommenders.sparse import SparseMatrix

ROWS_AT_ONCE = 2_000
MOST_CHILDREN = 400
"""What more items belong to passes nothing on: it tells them hardly apart, and would fill the matrix."""


def is_flat(catalogue: Catalogue) -> bool:
    """Whether no two items have a parent in common, so that structure says nothing."""
    parents = catalogue.links[:, 1]
    return len(parents) == len(np.unique(parents))


def risen_touches(catalogue: Catalogue, touched: SparseMatrix, settings: Settings) -> SparseMatrix:
    """X · E, but for parents of one child that nobody touched: they would only say the same again."""
    lonely = np.bincount(catalogue.links[:, 1], minlength=catalogue.size) == 1
    met = np.bincount(touched.indices, minlength=catalogue.size) > 0
    lifted = touched @ rising(catalogue, settings)
    return lifted.keeping(~(lonely & ~met)[lifted.indices])


def rising(catalogue: Catalogue, settings: Settings) -> SparseMatrix:
    """E, items × items: x · E adds a share of each touch to the item's shop, tags and keywords."""
    step = steps(catalogue, settings.touching)
    return SparseMatrix.identity(catalogue.size) + step + step @ step


def descending(catalogue: Catalogue, settings: Settings) -> SparseMatrix:
    """F, items × items: F · scores adds to each item a share of its parents' scores, theirs included."""
    step = steps(catalogue, settings.inheriting)
    return SparseMatrix.identity(catalogue.size) + step + step @ step


def kinship(catalogue: Catalogue, risen: Gram, settings: Settings) -> Piece:
    """E · H · Fᵀ: one hop among what was touched and all it belongs to, passed on to what belongs to those.

    `risen` is G of the risen touches X · E.
    """
    core = one_hop(risen, settings.kin_hop).matrix(
        settings.entries_per_signal, catalogue.size, catalogue.size
    )
    return _through(catalogue, core, settings)


def own(touched: FloatArray, settings: Settings) -> Piece:
    """The diagonal: what was touched speaks for itself; less so if all touch it (`touched`, sums)."""
    return whole(SparseMatrix.diagonal_of((1 + touched) ** -settings.own_damping))


def relatives(catalogue: Catalogue, touched: FloatArray, settings: Settings) -> Piece:
    """E · diagonal · Fᵀ without the diagonal: what was touched speaks for its shop, and that for its offers."""
    core = SparseMatrix.diagonal_of((1 + touched) ** -settings.own_damping)
    return _through(catalogue, core, settings, diagonal=False)


def _through(catalogue: Catalogue, core: SparseMatrix, settings: Settings, *, diagonal: bool = True) -> Piece:
    every = np.arange(catalogue.size)
    return Piece(every, every, _through_blocks(catalogue, core, settings, diagonal))


def _through_blocks(catalogue: Catalogue, core: SparseMatrix, settings: Settings, diagonal: bool) -> Blocks:
    up, heirs = rising(catalogue, settings), descending(catalogue, settings).transposed()
    for first in range(0, catalogue.size, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, catalogue.size)
        block = ((up.row_range(first, last) @ core) @ heirs).stored_as(np.float32)
        yield first, block if diagonal else block.without_diagonal(first)


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
