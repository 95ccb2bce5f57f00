"""Structure: offer → shop → tags and keywords; touches rise along it and scores come down."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue
from cobi.recommenders.settings import Settings, Sharing
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix


def rising(catalogue: Catalogue, settings: Settings, space: SignalSpace) -> SparseMatrix:
    """E, signals × signals: x · E adds a share of each touch to the item's shop, tags and keywords."""
    step = _steps(catalogue, settings.touching)
    context = space.size - catalogue.size
    items = SparseMatrix(
        np.append(step.indptr, np.full(context, step.indptr[-1])), step.indices, step.data, space.size
    )
    return SparseMatrix.identity(space.size) + items + items @ items


def descending(catalogue: Catalogue, settings: Settings) -> SparseMatrix:
    """F, items × items: F · scores adds to each item a share of its parents' scores, theirs included."""
    step = _steps(catalogue, settings.inheriting)
    return SparseMatrix.identity(catalogue.size) + step + step @ step


def own(touched: SparseMatrix, settings: Settings) -> SparseMatrix:
    """The diagonal: what was touched speaks for itself and its children; less so if all touch it."""
    diagonal = (1 + touched.column_sums()) ** -settings.own_damping
    return SparseMatrix.identity(touched.width).scaled(diagonal, np.ones(touched.width))


def _steps(catalogue: Catalogue, sharing: Sharing) -> SparseMatrix:
    """child × parent: the parent type's share, thinned by the parent's children and the child's parents."""
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    parent_type = catalogue.item_type[parent].astype(np.int64)
    children = np.bincount(parent, minlength=catalogue.size)[parent]
    family = child * (max(ItemType) + 1) + parent_type
    parents = np.bincount(family)[family]
    share = np.zeros(max(ItemType) + 1)
    share[[ItemType.SHOP, ItemType.TAG, ItemType.KEYWORD]] = sharing.shop, sharing.tag, sharing.keyword
    value = share[parent_type] / children**sharing.crowding / parents**sharing.spreading
    return SparseMatrix.of_triples(child, parent, value, (catalogue.size, catalogue.size))
