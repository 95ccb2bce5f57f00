"""One hop on the students-items graph: D_i^-a G D_i^-b without its diagonal, less what chance explains."""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.gram import Cells, Gram
from cobi.recommenders.piece import Blocks, Piece
from cobi.recommenders.settings import Hop
from cobi.recommenders.sparse import SparseMatrix


def one_hop(gram: Gram, hop: Hop) -> Piece:
    """Signals and items are what anybody touched; b is the popularity knob."""
    return Piece(gram.met, gram.met, _blocks(gram, hop))


def _blocks(gram: Gram, hop: Hop) -> Blocks:
    strength = gram.diagonal()
    source, target = strength**-hop.source_damping, strength**-hop.target_damping
    sums = gram.row_sums()
    chance = hop.chance_share * sums / max(sums.sum(), 1e-12)
    for first, block in gram.blocks():
        own = slice(first, first + (block.height if isinstance(block, SparseMatrix) else len(block)))
        if isinstance(block, SparseMatrix):
            above = _sparse_beyond(block, chance[own], sums)
            yield first, above.scaled(source[own], target).stored_as(np.float32)
        else:
            yield first, _scaled(_dense_beyond(block, chance[own], sums), source[own], target)


def _sparse_beyond(block: SparseMatrix, chance: FloatArray, sums: FloatArray) -> SparseMatrix:
    """What is above the share of chance; what is below is 0."""
    data = block.data - chance[block.row_of_entry] * sums[block.indices]
    return SparseMatrix(block.indptr, block.indices, data, block.width).keeping(data > 0)


def _dense_beyond(block: Cells, chance: FloatArray, sums: FloatArray) -> Cells:
    block -= np.outer(chance, sums).astype(np.float32)
    return np.maximum(block, 0, out=block)


def _scaled(block: Cells, source: FloatArray, target: FloatArray) -> Cells:
    block *= source[:, None].astype(np.float32)
    block *= target[None, :].astype(np.float32)
    return block
