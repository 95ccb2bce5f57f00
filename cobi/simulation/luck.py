"""Chance, reproducible: named streams for drawing in order, and luck that hangs on a key instead of an order.

`uniform` is what makes policies comparable: the luck of (student, week, offer) is a hash of those numbers, so
two policies that show a student the same offer in the same week meet the same reaction (common random
numbers), and their difference loses most of its noise.
"""

from __future__ import annotations

import zlib
from enum import IntEnum

import numpy as np

from cobi.simulation.arrays import Floats, Ints


class Purpose(IntEnum):
    """What a keyed draw decides; separate purposes never share luck."""

    EXAMINE = 1
    VIEW = 2
    REVEAL = 3
    SHOP = 4
    TAG = 5
    CHANCE = 6
    TIE = 7


def stream(seed: int, name: str) -> np.random.Generator:
    """Answer the generator of one named part of the world; the parts do not disturb each other."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def uniform(seed: int, purpose: Purpose, *keys: Ints) -> Floats:
    """Answer float64 in [0, 1) for each broadcast combination of integer keys."""
    start = np.uint64(seed & 0xFFFFFFFFFFFFFFFF) ^ np.uint64(purpose)
    state = _mixed(np.atleast_1d(start))
    for key in keys:
        state = _mixed(state ^ np.asarray(key).astype(np.uint64))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(
    state: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """SplitMix64's step and finaliser (Steele, Lea, Flood 2014); unsigned arrays wrap around silently."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
