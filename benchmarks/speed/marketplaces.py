"""Made-up marketplaces of given sizes: crowded by Zipf's law, students of very different activity, shared tastes.

A code is likelier of an offer of the student's taste, and of some offers for everybody; about one event in seven is
one. Which ways the tuning finds useful hangs on that: where codes fall at random what they seem to bring is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Students,
    Trait,
    catalogue_of,
)

NOW = 1_780_000_000_000_000
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a marketplace is."""

    interactions: int
    items: int
    students: int
    steepness: float
    """Exponent of the items' popularity by rank."""


SHAPES = {
    "dense": Shape(1_000_000, 4_000, 6_000, 0.9),
    "sparse": Shape(800_000, 41_000, 30_000, 0.8),
    "large": Shape(20_000_000, 20_000, 500_000, 0.9),
}
CLUSTERS = 64
TASTES_OF_A_STUDENT = 3
OF_TASTE = 0.7
"""Share of the steps that follow one of the student's tastes; the others follow popularity alone."""
SPREAD = 1.1
"""Of the logarithm of a student's activity."""
OFFERS_OF_A_SHOP = 8
DAYS = 365
CODES = 0.15
"""Share of the events that reveal a code."""
TASTE_ODDS = 3.0
"""So many times as likely is a code where the offer is of one of the student's tastes."""
APPEAL_SPREAD = 0.7
"""Of the logarithm of how likely a code is of an offer."""


@dataclass(frozen=True, slots=True)
class Marketplace:
    """What a training is given."""

    catalogue: Catalogue
    events: Events
    students: Students


def make(shape: Shape, seed: int = 0, moved: float = 0.0, *, random_codes: bool = False) -> Marketplace:
    """Draw a marketplace: offers of shops with tags and keywords, students with tastes, a year of events.

    A share `moved` of the students did other things than without it. With `random_codes` codes fall at random.
    """
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, SPREAD, shape.students)
    count = rng.multinomial(shape.interactions, share / share.sum())
    student = np.repeat(np.arange(shape.students), count)
    item, tasted = _steps(rng, shape, student)
    time = NOW - rng.integers(0, DAYS * DAY, shape.interactions)
    likely = np.full(len(item), CODES) if random_codes else _likely(seed, shape, item, tasted)
    kind = np.where(rng.random(len(item)) < likely, EventKind.DISCOUNT_CODE, EventKind.PAGE_VIEW)
    other = np.flatnonzero(student < moved * shape.students)
    mixed = np.random.default_rng(seed + 1).permutation(other)
    item[other], kind[other] = item[mixed], kind[mixed]
    traits = {
        Trait.COURSE: rng.integers(0, 40, shape.students),
        Trait.REGION: rng.integers(0, 12, shape.students),
    }
    events = Events(student, item, kind.astype(np.int8), time)
    return Marketplace(_catalogue(rng, shape), events, Students(shape.students, traits))


def _likely(seed: int, shape: Shape, item: IntArray, tasted: NDArray[np.bool_]) -> FloatArray:
    """How likely each event reveals a code."""
    appeal = np.random.default_rng(seed + 2).lognormal(0, APPEAL_SPREAD, shape.items)
    odds = appeal[item] * np.where(tasted, TASTE_ODDS, 1.0)
    return CODES * odds / odds.mean()


def _steps(rng: np.random.Generator, shape: Shape, student: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Which item each step is on, and whether it is to the student's taste.

    It is of one of the student's clusters, or of all, the popular more often.
    """
    weight = rng.permutation(np.arange(1, shape.items + 1) ** -shape.steepness)
    cluster = rng.integers(0, CLUSTERS, shape.items)
    order = np.argsort(cluster, kind="stable")
    bounds = np.searchsorted(cluster[order], np.arange(CLUSTERS + 1))
    within = np.concatenate([[0.0], np.cumsum(weight[order])])
    taste = rng.integers(0, CLUSTERS, (shape.students, TASTES_OF_A_STUDENT))
    chosen = taste[student, rng.integers(0, TASTES_OF_A_STUDENT, len(student))]
    follows = rng.random(len(student)) < OF_TASTE
    low = np.where(follows, within[bounds[chosen]], 0.0)
    high = np.where(follows, within[bounds[chosen + 1]], within[-1])
    place = np.searchsorted(within, low + rng.random(len(student)) * (high - low), side="right") - 1
    item = order[np.minimum(place, shape.items - 1)]
    return item, (taste[student] == cluster[item][:, None]).any(axis=1)


def _catalogue(rng: np.random.Generator, shape: Shape) -> Catalogue:
    shops = max(1, shape.items // OFFERS_OF_A_SHOP)
    keys = {ItemType.OFFER: shape.items, ItemType.SHOP: shops, ItemType.TAG: 120, ItemType.KEYWORD: 600}
    offer, shop = np.arange(shape.items), np.arange(shops)
    return catalogue_of(
        {kind: np.arange(count) for kind, count in keys.items()},
        {
            (ItemType.OFFER, ItemType.SHOP): np.stack([offer, rng.integers(0, shops, shape.items)], axis=1),
            (ItemType.SHOP, ItemType.TAG): _labels(rng, shop, 120, 2),
            (ItemType.SHOP, ItemType.KEYWORD): _labels(rng, shop, 600, 4),
        },
    )


def _labels(rng: np.random.Generator, shop: IntArray, labels: int, each: int) -> IntArray:
    return np.stack([np.repeat(shop, each), rng.integers(0, labels, each * len(shop))], axis=1)
