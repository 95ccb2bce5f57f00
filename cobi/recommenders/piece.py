"""One way's B while it is being made: computed some rows at a time, to be scored at once or kept cut.

B = S · core · T with diagonal S and T: pieces that differ in those only are scored in one pass over their core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray
from cobi.recommenders.gram import BLOCK_CELLS, Cells
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.sparse import SparseMatrix, stacked

Rows = Callable[[int, int], Cells | SparseMatrix]
"""Rows first…last-1 of a core."""


@dataclass(frozen=True, slots=True)
class Piece:
    """B over some of the signals and items."""

    signals: IntArray
    """The signal of each row, ascending."""
    items: IntArray
    """The item of each column, ascending."""
    rows: Rows
    """Of the core; called from several threads."""
    at_once: int
    """So many rows are made and cut together."""
    source: FloatArray | None = None
    """S, one for each row; None: all 1."""
    target: FloatArray | None = None
    """T, one for each column; None: all 1."""
    chain: Callable[[SparseMatrix], Cells] | None = None
    """x · core from x over the `signals`, where B is a product that is sooner applied than made."""
    kind: IntArray | None = None
    """Where `rows` are only the distinct ones, which of them each signal's is; such a piece has a chain and no S."""
    hollow: bool = False
    """Whether B is without its diagonal, which distinct rows have."""

    def matrix(self, entries: int, height: int, width: int, uncut: range = range(0)) -> SparseMatrix:
        """The whole as signals × items, each row cut to its largest entries but for those of signals in `uncut`.

        Those must be the last signals of all, if any.
        """
        many = len(self.signals) if self.kind is None else int(self.kind.max(initial=-1)) + 1
        first = int(np.searchsorted(self.signals, uncut.start)) if len(uncut) else many
        first = min(first, many)
        # Often T is 1 throughout, where popularity does not count: then nothing has to be multiplied.
        target = None if self.target is None or (self.target == 1).all() else self.target
        narrow = None if target is None else target.astype(np.float32)

        def cut(span: tuple[int, int]) -> SparseMatrix:
            block, most = self.rows(*span), entries + self.hollow if span[0] < first else len(self.items)
            if isinstance(block, SparseMatrix):
                kept = block.scaled(columns=target).cut(most)
            else:
                kept = SparseMatrix.of_dense_cut(block if narrow is None else block * narrow, most)
            # S is for all of a row, so that it changes nothing of what is largest there.
            source = None if self.source is None else self.source[slice(*span)]
            return kept.scaled(source).stored_as(np.float32)

        whole = [(first + start, first + stop) for start, stop in spans(many - first, self.at_once)]
        made = stacked(list(in_order(cut, [*spans(first, self.at_once), *whole])), len(self.items))
        made = made if self.kind is None else made.rows(self.kind)
        made = made.without_diagonal().cut(entries) if self.hollow else made
        return made.renumbered(self.signals, height, self.items, width)

    def scores(self, x: SparseMatrix, ranked: slice) -> Cells:
        """x · B for the ranked items only, float32, rows of x × ranked items."""
        return next(scored([self], x, ranked))


def scored(pieces: Sequence[Piece], x: SparseMatrix, ranked: slice) -> Iterator[Cells]:
    """x · B of pieces that share their core, which is made only once; one after the other, as each is large."""
    one = pieces[0]
    first, last = np.searchsorted(one.items, [ranked.start, ranked.stop])
    own = x.columns_renumbered(_numbers(one.signals, x.width), len(one.signals))
    # Each S once: a piece names the first that has its own.
    chosen = [
        next(n for n, other in enumerate(pieces) if _same(other.source, piece.source)) for piece in pieces
    ]
    distinct = sorted(set(chosen))
    tall = stacked([_times(own, pieces[number].source) for number in distinct], own.width)
    total = _product(one, tall, int(first), int(last))
    for piece, number in zip(pieces, chosen, strict=True):
        start = distinct.index(number) * x.height
        cells = np.zeros((x.height, ranked.stop - ranked.start), np.float32)
        scale = 1 if piece.target is None else piece.target[first:last].astype(np.float32)
        cells[:, one.items[first:last] - ranked.start] = total[start : start + x.height] * scale
        yield cells


def whole(matrix: SparseMatrix) -> Piece:
    """A finished matrix, signals × items, as a piece."""
    return Piece(np.arange(matrix.height), np.arange(matrix.width), matrix.row_range, max(1, matrix.height))


def whole_rows(signals: IntArray, rows: Cells) -> Piece:
    """Some signals' finished rows over all items."""
    items: IntArray = np.arange(int(rows.shape[1]))
    return Piece(signals, items, lambda first, last: rows[first:last], max(1, len(signals)))


def _product(piece: Piece, x: SparseMatrix, first: int, last: int) -> Cells:
    """x · core, columns first…last-1."""
    if piece.chain is not None:
        return _by_rows(x, piece.chain, first, last)
    rising = x.transposed()

    def part(span: tuple[int, int]) -> Cells | SparseMatrix:
        block = piece.rows(*span)
        if isinstance(block, SparseMatrix):
            return block
        own = rising.row_range(*span).transposed()
        return own.times(np.ascontiguousarray(block[:, first:last]))

    # Of a dense core only products are kept; a sparse one is small enough to be held while x is gone through.
    total = np.zeros((x.height, last - first), np.float32)
    core: list[SparseMatrix] = []
    at_once = max(piece.at_once, BLOCK_CELLS // max(len(piece.items), 1))
    for found in in_order(part, spans(len(piece.signals), at_once)):
        if isinstance(found, SparseMatrix):
            core.append(found)
        else:
            total += found
    if not core:
        return total
    held = stacked(core, len(piece.items))
    return _by_rows(x, lambda some: some.dense_product(held), first, last)


def _by_rows(x: SparseMatrix, product: Callable[[SparseMatrix], Cells], first: int, last: int) -> Cells:
    """The product of some rows of x at a time, columns first…last-1."""
    total = np.empty((x.height, last - first), np.float32)

    def part(span: tuple[int, int]) -> None:
        total[slice(*span)] = product(x.row_range(*span))[:, first:last]

    for _ in in_order(part, spans(x.height, max(1, BLOCK_CELLS // max(last, 1)))):
        pass
    return total


def _times(x: SparseMatrix, scale: FloatArray | None) -> SparseMatrix:
    return x.scaled(columns=scale).stored_as(np.float32)


def _same(one: FloatArray | None, other: FloatArray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def _numbers(chosen: IntArray, size: int) -> IntArray:
    number = np.full(size, ABSENT, np.int64)
    number[chosen] = np.arange(len(chosen))
    return number
