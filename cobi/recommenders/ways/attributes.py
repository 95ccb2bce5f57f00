"""Attribute similarity: items that belong to the same, or whose names mention the same, by the cosine of the rare."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray, IntArray, Label
from cobi.recommenders.gram import Cells
from cobi.recommenders.piece import Piece
from cobi.recommenders.sparse import SparseMatrix, side_by_side, sums
from cobi.recommenders.structure import kinds_of, product

MOST_SHARE = 0.04
MOST_CARRIERS = 600
FEWEST_CARRIERS = 20
"""An attribute says nothing of what is liked when more items carry it than the first two; fewer always may."""
FEWEST_SHARING = 3
"""An attribute of fewer, itself counted, tells nothing of one item that it does not know of itself."""
FIRST_LABEL = max(ItemType) + 1
"""Families of labels are numbered from here."""


def attributes(catalogue: Catalogue) -> Piece:
    """What an item belongs to."""
    return _alike(_rare(catalogue, belonging(catalogue)))


def names(catalogue: Catalogue) -> Piece:
    """What an offer's name mentions."""
    return _alike(_rare(catalogue, _with_themselves(_step(catalogue, catalogue.mentions))))


def _alike(carried: SparseMatrix) -> Piece:
    """Rows are what may be touched: items, and the attributes themselves, which speak for their carriers."""
    itself, kinds = carried.overlap(carried), kinds_of(carried)
    rows, at_once = product(kinds, SparseMatrix.identity(carried.width), kinds)

    def chain(x: SparseMatrix) -> Cells:
        meant = (x @ carried).stored_as(np.float32)
        cells = carried.stored_as(np.float32).times(meant.dense().T).T
        cells[x.row_of_entry, x.indices] -= (x.data * itself[x.indices]).astype(np.float32)
        return cells

    every = np.arange(carried.height)
    return Piece(every, every, rows, at_once, chain=chain, kind=kinds.kind, hollow=True)


def _step(catalogue: Catalogue, pairs: IntArray) -> SparseMatrix:
    """1 from each of the pairs' first to its second, items × items."""
    return SparseMatrix.of_triples(
        pairs[:, 0], pairs[:, 1], np.ones(len(pairs)), (catalogue.size, catalogue.size)
    )


def belonging(catalogue: Catalogue) -> SparseMatrix:
    """items × attributes: 1 where an item belongs to an attribute, or to what belongs to it, or is it."""
    step = _step(catalogue, catalogue.links)
    return _with_themselves(step + step @ step)


def characteristics(catalogue: Catalogue, labels: Collection[Label]) -> tuple[SparseMatrix, IntArray]:
    """items × all that may be carried, items first, then labels of these sorts; and the family of each column.

    Families are item types, then sorts of labels.
    """
    wanted = catalogue.labels[np.isin(catalogue.labels[:, 1], list(labels))]
    known, column = np.unique(wanted[:, 1:], axis=0, return_inverse=True)
    direct = SparseMatrix.of_triples(
        wanted[:, 0], column.ravel(), np.ones(len(wanted)), (catalogue.size, len(known))
    )
    every = belonging(catalogue)
    labelled = (direct + every @ direct).pattern()
    both = side_by_side([every, labelled], catalogue.size)
    return both, np.concatenate([catalogue.item_type.astype(np.int64), FIRST_LABEL + known[:, 0]])


def carried_by(reached: SparseMatrix, telling: NDArray[np.bool_]) -> SparseMatrix:
    """items × attributes, only those that are `telling`: idf-weighted rows of length 1."""
    size = reached.height
    carriers = np.bincount(reached.indices, minlength=reached.width)
    rarity = np.where(telling, np.log1p(size / np.maximum(carriers, 1)), 0.0)
    told = reached.scaled(columns=rarity)
    told = told.keeping(told.data > 0)
    squares = sums(told.row_of_entry, told.data**2, size)
    return told.scaled(np.where(squares > 0, np.maximum(squares, 1e-12) ** -0.5, 0.0))


def touched_most(reached: SparseMatrix, touched: FloatArray, fewest: int, most: int) -> IntArray:
    """The attributes that at least so many carry, of those the ones touched most, these first."""
    carriers = np.bincount(reached.indices, minlength=reached.width)
    strength = np.where(carriers >= fewest, reached.transposed().times(touched), 0.0)
    # A fixed order of equals.
    chosen = np.argsort(-strength, kind="stable")[:most]
    return chosen[strength[chosen] > 0]


def shared(reached: SparseMatrix, touched: FloatArray, most: int) -> SparseMatrix:
    """Items × the attributes that several carry, of those the ones touched most: idf-weighted rows of length 1."""
    telling = np.zeros(reached.width, np.bool_)
    telling[touched_most(reached, touched, FEWEST_SHARING, most)] = True
    number = np.where(telling, np.cumsum(telling) - 1, ABSENT)
    return carried_by(reached, telling).columns_renumbered(number, int(telling.sum()))


def _with_themselves(reached: SparseMatrix) -> SparseMatrix:
    """1 for each entry, and an attribute carries itself."""
    selves = np.unique(reached.indices).astype(np.int64)
    itself = SparseMatrix.of_triples(selves, selves, np.ones(len(selves)), (reached.height, reached.width))
    found = itself + reached
    return SparseMatrix(found.indptr, found.indices, np.ones(len(found.data)), found.width)


def _rare(catalogue: Catalogue, reached: SparseMatrix) -> SparseMatrix:
    """What not too many carry."""
    offers = max(len(catalogue.item_key[catalogue.of_type(ItemType.OFFER)]), 1)
    carriers = np.bincount(reached.indices, minlength=catalogue.size)
    most = max(FEWEST_CARRIERS, min(MOST_SHARE * offers, MOST_CARRIERS))
    return carried_by(reached, carriers <= most)
