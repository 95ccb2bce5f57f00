"""From scores to a slate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray


def top(scores: FloatArray, candidates: IntArray, limit: int, seed: int) -> IntArray:
    """The best candidate rows by score, best first; equals in an order drawn by the seed."""
    best = candidates
    own = scores[candidates]
    if len(candidates) > 4 * limit > 0:
        edge = np.partition(own, len(own) - limit)[len(own) - limit]
        best, own = candidates[own >= edge], own[own >= edge]
    return best[np.lexsort((draw(best, seed), -own))][:limit]


def draw(rows: IntArray, seed: int) -> NDArray[np.uint64]:
    """A pseudo-random number for each row: splitmix64 (Steele, Lea & Flood 2014) of row and seed."""
    z = rows.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return z ^ (z >> np.uint64(31))
