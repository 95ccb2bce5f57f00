"""Attribute similarity: items that belong to the same, or whose names mention the same, by the cosine of the rare."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, IntArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.piece import Piece
from cobi.recommenders.sparse import SparseMatrix

MOST_SHARE = 0.04
MOST_CARRIERS = 600
FEWEST_CARRIERS = 20
"""An attribute says nothing of what is liked when more items carry it than the first two; fewer always may."""
ROWS_AT_ONCE = 2_000


def attributes(catalogue: Catalogue) -> Piece:
    """What an item belongs to."""
    step = _step(catalogue, catalogue.links)
    return _alike(_carried(catalogue, step + step @ step))


def names(catalogue: Catalogue) -> Piece:
    """What an offer's name mentions."""
    return _alike(_carried(catalogue, _step(catalogue, catalogue.mentions)))


def _alike(carried: SparseMatrix) -> Piece:
    """Rows are what may be touched: items, and the attributes themselves, which speak for their carriers."""
    carriers = carried.transposed()
    itself = carried.overlap(carried)

    def rows(first: int, last: int) -> SparseMatrix:
        return (carried.row_range(first, last) @ carriers).without_diagonal(first).stored_as(np.float32)

    def chain(x: SparseMatrix) -> Cells:
        meant = (x @ carried).stored_as(np.float32)
        cells = carried.stored_as(np.float32).times(meant.dense().T).T
        cells[x.row_of_entry, x.indices] -= (x.data * itself[x.indices]).astype(np.float32)
        return cells

    every = np.arange(carried.height)
    return Piece(every, every, rows, ROWS_AT_ONCE, chain=chain)


def _step(catalogue: Catalogue, pairs: IntArray) -> SparseMatrix:
    """1 from each of the pairs' first to its second, items × items."""
    return SparseMatrix.of_triples(
        pairs[:, 0], pairs[:, 1], np.ones(len(pairs)), (catalogue.size, catalogue.size)
    )


def _carried(catalogue: Catalogue, reached: SparseMatrix) -> SparseMatrix:
    """items × attributes, idf-weighted rows of length 1; an attribute carries itself."""
    size = catalogue.size
    selves = np.unique(reached.indices).astype(np.int64)
    itself = SparseMatrix.of_triples(selves, selves, np.ones(len(selves)), (size, size))
    reached = itself + reached
    offers = max(len(catalogue.item_key[catalogue.of_type(ItemType.OFFER)]), 1)
    carriers = np.bincount(reached.indices, minlength=size)
    most = max(FEWEST_CARRIERS, min(MOST_SHARE * offers, MOST_CARRIERS))
    rarity = np.where(carriers > most, 0.0, np.log1p(size / np.maximum(carriers, 1)))
    told = SparseMatrix(reached.indptr, reached.indices, rarity[reached.indices], size).keeping(
        rarity[reached.indices] > 0
    )
    squares = np.bincount(told.row_of_entry, weights=told.data**2, minlength=size)
    return told.scaled(np.where(squares > 0, np.maximum(squares, 1e-12) ** -0.5, 0.0), np.ones(size))
