"""The policies Cobi is compared with: each scores all offers for a visit, the best eligible are shown."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from cobi.domain.interaction import InteractionType
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.luck import Purpose, uniform
from cobi.simulation.scoreboard import CHANCE, MIND_READER, POPULARITY
from cobi.simulation.slates import EMPTY, Reaction, Visits

_VIEW_WORTH = 0.25  # of a reveal in the popularity count: fewer reveals than views, each says more


class Policy(Protocol):
    """Something that can fill slates without being told the outcome in advance."""

    name: str

    def scores(self, seen: Visits) -> Floats:
        """Answer visits × offers, higher is better."""
        ...

    def watch(self, organic: Activity) -> None:
        """Learn from a stretch of organic behaviour."""
        ...

    def learn(self, slates: Ints, reaction: Reaction) -> None:
        """Learn from the reactions to the policy's own slates."""
        ...


class Chance:
    """Eligible offers in random order."""

    name = CHANCE

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def scores(self, seen: Visits) -> Floats:
        return _luck(self._seed, Purpose.CHANCE, seen)

    def watch(self, organic: Activity) -> None:
        """Chance learns nothing."""

    def learn(self, slates: Ints, reaction: Reaction) -> None:
        """Chance learns nothing."""


class Popularity:
    """Offers by codes revealed and pages opened so far, in organic behaviour and on its own slates."""

    name = POPULARITY

    def __init__(self, seed: int, offers: int) -> None:
        self._seed = seed
        self.counts = np.zeros(offers)

    def scores(self, seen: Visits) -> Floats:
        return self.counts[None, :] + 1e-6 * _luck(self._seed, Purpose.TIE, seen)

    def watch(self, organic: Activity) -> None:
        offers = len(self.counts)
        self.counts += organic.offer_counts(InteractionType.DISCOUNT_CODE, offers)
        self.counts += _VIEW_WORTH * organic.offer_counts(InteractionType.PAGE_VIEW, offers)

    def learn(self, slates: Ints, reaction: Reaction) -> None:
        np.add.at(self.counts, slates[reaction.opened], _VIEW_WORTH)
        np.add.at(self.counts, slates[reaction.revealed], 1.0)


class MindReader:
    """Offers by the true probability of a reveal: no slate can expect more (rearrangement inequality)."""

    name = MIND_READER

    def scores(self, seen: Visits) -> Floats:
        return seen.view * seen.reveal

    def watch(self, organic: Activity) -> None:
        """There is nothing left to learn."""

    def learn(self, slates: Ints, reaction: Reaction) -> None:
        """There is nothing left to learn."""


def fill(scores: Floats, eligible: Flags, size: int) -> Ints:
    """Answer the best eligible offers of each visit, best first; visits × size, EMPTY where too few."""
    ranked = np.where(eligible, scores, -np.inf)
    size = min(size, ranked.shape[1])
    best = np.argpartition(-ranked, size - 1, axis=1)[:, :size]
    values = np.take_along_axis(ranked, best, axis=1)
    order = np.lexsort((best, -values), axis=1)
    slates = np.take_along_axis(best, order, axis=1)
    return np.where(np.isfinite(np.take_along_axis(values, order, axis=1)), slates, EMPTY)


def _luck(seed: int, purpose: Purpose, seen: Visits) -> Floats:
    """Answer the luck of every offer in each visit; visits × offers."""
    offers: Ints = np.arange(seen.view.shape[1], dtype=np.int64)[None, :]
    return uniform(seed, purpose, seen.student[:, None], np.full((1, 1), seen.turn), offers)
