"""From scores to a slate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray

_PARTS = 4
"""Of each wanted row."""

_MANY = 2 * _PARTS
"""With so many candidates for each wanted row it pays to look at the maxima of parts first."""


def best_rows(scores: FloatArray, rows: IntArray, count: int) -> IntArray:
    """The `count` best rows and all that equal the last of them, in their order: a set that hangs on scores alone."""
    if count <= 0 or len(rows) <= count:
        return rows if count > 0 else rows[:0]
    own = scores[rows]
    if len(own) > _MANY * count:
        # The count-th best of the parts' maxima is exceeded by no more than the rows that can matter.
        parts = _PARTS * count
        size = len(own) // parts
        heads = own[: parts * size].reshape(size, parts).max(axis=0)
        floor = np.partition(heads, parts - count)[parts - count]
        near = (own >= floor).nonzero()[0]
        rows, own = rows[near], own[near]
    if len(rows) <= count:
        return rows
    return rows[own >= np.partition(own, len(own) - count)[len(own) - count]]


def draw(rows: IntArray, seed: int) -> NDArray[np.uint64]:
    """A pseudo-random number for each row: splitmix64 (Steele, Lea & Flood 2014) of row and seed."""
    z = rows.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return z ^ (z >> np.uint64(31))
