"""The strongest part of a large symmetric matrix's spectrum, by block Krylov iteration (Musco & Musco 2015).

All products on the way are kept as a basis, so that a few narrow ones tell as much as many wide ones of which only the
last is kept: arXiv:1504.05477.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells
from cobi.recommenders.parallel import alone, in_order, spans

BLOCKS = 8
"""So many products are made, one after the other."""
SPACE = 3
"""So many times as many columns as are wanted they have together."""
ROWS_AT_ONCE = 1_000
"""Of tall matrices so many are worked on together."""
LEAST = 1e-10
"""What is smaller than this share of the largest variance is rounding, and is not blown up to length 1."""


def strongest(product: Callable[[Cells], Cells], size: int, rank: int) -> tuple[FloatArray, Cells]:
    """The `rank` largest eigenvalues (float64, descending) and vectors (float32, size × rank), from products alone.

    The matrix, size × size, has no eigenvalue below 0. Where all columns would be as many as it has rows it is solved
    exactly.
    """
    width = -(-SPACE * rank // BLOCKS)
    with alone:
        if size <= BLOCKS * width:
            basis = np.eye(size, dtype=np.float32)
            small = product(basis).astype(np.float64)
        else:
            basis, small = _krylov(product, size, width)
        value, turn = np.linalg.eigh(small, UPLO="U")
        order = np.argsort(-value)[:rank]
        return np.maximum(value[order], 0.0), times(basis, turn[:, order].astype(np.float32))


def times(tall: Cells, small: Cells) -> Cells:
    """tall · small, some rows at a time by all cores."""
    return np.concatenate(list(in_order(lambda span: tall[slice(*span)] @ small, _spans(tall))))


def _met(one: Cells, other: Cells) -> FloatArray:
    """oneᵀ · other of tall matrices, the sum over some rows after the other."""
    parts = in_order(lambda span: one[slice(*span)].T @ other[slice(*span)], _spans(one))
    return sum(parts, np.zeros((one.shape[1], other.shape[1])))


def _spans(tall: Cells) -> list[tuple[int, int]]:
    return spans(len(tall), ROWS_AT_ONCE) or [(0, 0)]


def _krylov(product: Callable[[Cells], Cells], size: int, width: int) -> tuple[Cells, FloatArray]:
    """An orthonormal basis of what products make of a random block, and the matrix there: its upper half.

    A block's product meets only the block before, itself and the next one (Golub & Underwood 1977): what it has of
    others is rounding, which is taken off the next block, and left 0 in the matrix.
    """
    basis = np.empty((size, BLOCKS * width), np.float32, order="F")
    small = np.zeros((BLOCKS * width, BLOCKS * width))
    block = np.random.default_rng(0).standard_normal((size, width)).astype(np.float32)
    for first, last in spans(BLOCKS * width, width):
        # Once is not enough where hardly anything is left beside what is known (Kahan and Parlett's "twice").
        for start in (max(first - 2 * width, 0), 0):
            block = _orthonormal(_beside(block, basis[:, start:first]))
        basis[:, first:last] = block
        block = product(block)
        before = max(first - width, 0)
        small[before:last, first:last] = _met(basis[:, before:last], block)
    return basis, small


def _beside(block: Cells, known: Cells) -> Cells:
    """What of the columns is orthogonal to those known."""
    shares = _met(known, block).astype(np.float32)
    return block - times(known, shares)


def _orthonormal(block: Cells) -> Cells:
    """Columns of length 1, orthogonal to each other, of the same span: M (MᵀM)^-½, without a slow QR."""
    wide = block.astype(np.float64)
    value, turn = np.linalg.eigh(_met(wide, wide))
    least = max(LEAST * float(value[-1]), np.finfo(np.float32).tiny)
    return times(block, (turn * np.maximum(value, least) ** -0.5).astype(np.float32))
