"""One hop on the students-items graph: D_i^-a G D_i^-b without its diagonal, less what chance explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells, Gram
from cobi.recommenders.piece import Piece, Rows
from cobi.recommenders.settings import Hop
from cobi.recommenders.sparse import SparseMatrix


def one_hop(gram: Gram, hop: Hop) -> Piece:
    """Signals and items are what anybody touched; b is the popularity knob."""
    return one_hops(gram, [hop])[0]


def one_hops(gram: Gram, hops: Sequence[Hop]) -> list[Piece]:
    """Pieces of one core: all must subtract the same share of chance."""
    strength, above = gram.diagonal(), _above_chance(gram, hops[0].chance_share)
    return [
        Piece(
            gram.met,
            gram.met,
            above,
            gram.rows_near,
            strength**-hop.source_damping,
            strength**-hop.target_damping,
        )
        for hop in hops
    ]


def _above_chance(gram: Gram, share: float) -> Rows:
    sums = gram.row_sums()
    chance = share * sums / max(sums.sum(), 1e-12)

    def rows(first: int, last: int) -> Cells | SparseMatrix:
        block = gram.block(first, last)
        if isinstance(block, SparseMatrix):
            return _sparse_beyond(block, chance[first:last], sums)
        return _dense_beyond(block, chance[first:last], sums)

    return rows


def _sparse_beyond(block: SparseMatrix, chance: FloatArray, sums: FloatArray) -> SparseMatrix:
    """What is above the share of chance; what is below is 0."""
    by_chance = np.repeat(chance, np.diff(block.indptr)) * sums[block.indices]
    data = block.data - by_chance.astype(np.float32)
    return SparseMatrix(block.indptr, block.indices, data, block.width).keeping(data > 0)


def _dense_beyond(block: Cells, chance: FloatArray, sums: FloatArray) -> Cells:
    block -= np.outer(chance.astype(np.float32), sums.astype(np.float32))
    return np.maximum(block, 0, out=block)
