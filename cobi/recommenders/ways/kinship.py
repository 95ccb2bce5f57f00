"""Kinship: one hop among what the touched belongs to (shops, tags, keywords), passed on to what belongs to those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import Catalogue, FloatArray, IntArray
from cobi.recommenders.gram import BLOCK_CELLS, Cells, Gram, full_square
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, stacked, sums
from cobi.recommenders.structure import kinds_of, passed_on, rising

MOST_KINDS = 5_700
"""Of so many kinds of items the sums are held whole: 260 MB."""


@dataclass(frozen=True, slots=True)
class Risen:
    """EᵀGE over the parents: G of what stands above what was touched, by blocks of rows; it is never held whole."""

    gram: Gram
    summed: Cells | None
    """G, or where items are of few kinds that rise alike its sums over them; None where G is held sparse."""
    up: SparseMatrix
    """E from the touched items, or from their kinds, to the parents: n × m."""
    raised: SparseMatrix
    """Eᵀ."""
    rows: IntArray
    """The catalogue row of each of the m parents."""

    @property
    def size(self) -> int:
        return len(self.rows)

    def half(self, first: int, last: int) -> Cells | SparseMatrix:
        """Rows first…last-1 of EᵀG, G without its diagonal where it is sparse."""
        own = self.raised.row_range(first, last)
        if self.summed is None:
            return own @ self.gram.held()
        # Of another type than the square all of it would be copied to the larger one.
        return own.stored_as(self.summed.dtype.type).times(self.summed)

    def block(self, first: int, last: int) -> Cells:
        """Rows first…last-1, float32."""
        half = self.half(first, last)
        if isinstance(half, SparseMatrix):
            own = self.raised.row_range(first, last)
            itself = own.scaled(columns=self.gram.diagonal())
            return (half + itself).dense_product(self.up).astype(np.float32)
        return np.ascontiguousarray(self.raised.times(half.T).T, np.float32)

    def spans(self) -> list[tuple[int, int]]:
        return spans(self.size, max(1, BLOCK_CELLS // max(self.up.height, 1)))

    def diagonal(self) -> FloatArray:
        """e_jᵀ G e_j for each column of E."""

        def part(span: tuple[int, int]) -> FloatArray:
            half, own = self.half(*span), self.raised.row_range(*span)
            if isinstance(half, SparseMatrix):
                return half.overlap(own) + own.squared().times(self.gram.diagonal())
            row = own.row_of_entry
            return sums(row, half[row, own.indices] * own.data, own.height)

        return np.concatenate([np.empty(0), *in_order(part, self.spans())])

    def row_sums(self) -> FloatArray:
        """Each row's sum, its diagonal entry included."""
        everywhere = self.up.row_sums()
        if self.summed is None or len(everywhere) == self.gram.size:
            return self.raised.times(self.gram.times(everywhere))
        return self.raised.times(self.summed.dot(everywhere))


def risen(catalogue: Catalogue, gram: Gram, settings: Settings) -> Risen:
    """Parents of one child that nobody touched are left out: they would only say the same again."""
    children = np.bincount(catalogue.links[:, 1], minlength=catalogue.size)
    met = np.zeros(catalogue.size, np.bool_)
    met[gram.met] = True
    up = rising(catalogue, settings).rows(gram.met)
    reached = np.bincount(up.indices, minlength=catalogue.size) > 0
    rows = np.flatnonzero(reached & ((children > 1) | ((children == 1) & met)))
    number = np.full(catalogue.size, -1, np.int64)
    number[rows] = np.arange(len(rows))
    narrow = up.columns_renumbered(number, len(rows))
    alike = kinds_of(narrow)
    if 2 * alike.rows.height > gram.size or alike.rows.height > MOST_KINDS:
        return Risen(gram, gram.dense, narrow, narrow.transposed(), rows)
    # What belongs to the same shop rises alike, so its rows and columns of G are first added: PᵀGP = (XP)ᵀXP, for which
    # G need not be counted (P: items × kinds).
    return Risen(
        gram, full_square(gram.scaled @ alike.membership()), alike.rows, alike.rows.transposed(), rows
    )


def kinships(catalogue: Catalogue, gram: Gram, several: Sequence[Settings]) -> list[Piece]:
    """E · H · Fᵀ for each: H may differ in its exponents only, and its rows are made once for all."""
    cores = _cores(risen(catalogue, gram, several[0]), several)
    return [passed_on(catalogue, core, settings) for core, settings in zip(cores, several, strict=True)]


def _cores(whole: Risen, several: Sequence[Settings]) -> list[SparseMatrix]:
    """H = D^-a (EᵀGE − chance)₊ D^-b, cut, as matrices over the catalogue."""
    strength = np.maximum(whole.diagonal(), 1e-12)
    total = np.maximum(whole.row_sums() - strength, 0.0)
    share = several[0].kin_hop.chance_share / max(total.sum(), 1e-12)

    def part(span: tuple[int, int]) -> list[SparseMatrix]:
        above = _above(whole.block(*span), span[0], share * total[slice(*span)], total)
        return [_cut(above, span, strength, settings) for settings in several]

    parts = list(in_order(part, whole.spans()))
    size = whole.gram.items
    return [
        stacked([own[number] for own in parts], whole.size).renumbered(whole.rows, size, whole.rows, size)
        for number in range(len(several))
    ]


def _above(block: Cells, first: int, chance: FloatArray, total: FloatArray) -> Cells:
    """What is above the share of chance, without the diagonal."""
    row = np.arange(len(block))
    block -= np.outer(chance.astype(np.float32), total.astype(np.float32))
    block[row, row + first] = 0
    return np.maximum(block, 0, out=block)


def _cut(above: Cells, span: tuple[int, int], strength: FloatArray, settings: Settings) -> SparseMatrix:
    hop = settings.kin_hop
    source = (strength[slice(*span)] ** -hop.source_damping).astype(np.float32)
    target = (strength**-hop.target_damping).astype(np.float32)
    return SparseMatrix.of_dense_cut(above * source[:, None] * target[None, :], settings.entries_per_signal)
