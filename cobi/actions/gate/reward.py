"""A small reward model: how often the code in each place is revealed, and how much more or less often each offer's is.

It is learned twice, each time from half of the students, and asked only about the other half: an estimate corrected by
its errors stays unbiased whatever it says, as long as it has not learned from what it is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CREDIT = 3.0
"""Reveals that every offer is believed to have had as often as the average one, until it shows otherwise."""


@dataclass(frozen=True)
class Reward:
    """By half of the students: the places' rates, and how much more often each offer is revealed than the average."""

    places: tuple[Floats, Floats]
    appeal: tuple[dict[int, float], dict[int, float]]

    def of_shown(self, student: int, order: Ints) -> Floats:
        """What is expected of each place of a list and all below it, given what stands there."""
        places, appeal = self._for(student)
        own = np.array([appeal.get(item, 1.0) for item in order.tolist()])
        return _and_below(places[: len(order)] * own, places[: len(order)])

    def of_all(self, student: int, rows: Ints, chances: Floats) -> Floats:
        """The same by what might stand there; chances are places × rows."""
        places, appeal = self._for(student)
        own = np.array([appeal.get(item, 1.0) for item in rows.tolist()])
        length = len(chances)
        return _and_below(places[:length] * (chances @ own), places[:length])

    def _for(self, student: int) -> tuple[Floats, dict[int, float]]:
        other = 1 - student % 2
        return self.places[other], self.appeal[other]


def learn(reward: Floats, items: Ints, student: Ints) -> Reward:
    """From answers × places of rewards and of items, -1 where a list is shorter."""
    halves = [student % 2 == half for half in (0, 1)]
    places = tuple(_rates(reward[half], items[half] >= 0) for half in halves)
    appeal = tuple(
        _appeal(reward[half], items[half], rate) for half, rate in zip(halves, places, strict=True)
    )
    return Reward((places[0], places[1]), (appeal[0], appeal[1]))


def _rates(reward: Floats, there: NDArray[np.bool_]) -> Floats:
    return reward.sum(axis=0) / np.maximum(there.sum(axis=0), 1)


def _appeal(reward: Floats, items: Ints, rates: Floats) -> dict[int, float]:
    """Reveals over what the places alone would have brought, both with CREDIT."""
    there = items >= 0
    found, place = np.unique(items[there], return_inverse=True)
    had = np.bincount(place, reward[there], len(found))
    expected = np.bincount(place, np.broadcast_to(rates, items.shape)[there], len(found))
    return dict(zip(found.tolist(), ((had + CREDIT) / (expected + CREDIT)).tolist(), strict=True))


def _and_below(here: Floats, places: Floats) -> Floats:
    """Each place's own with the average of those below."""
    below = np.append(np.cumsum(places[::-1])[::-1][1:], 0.0)
    return here + below
