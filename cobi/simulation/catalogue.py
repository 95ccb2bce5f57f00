"""Shops and offers: what everybody can see of them, and their hidden place among the tastes.

Each of the ten categories has a place in the latent space. A shop lies near its category's place with a
deviation of its own; its tags and keywords are drawn by closeness to where it really lies, and a share of
them at random, so the labels tell something about a shop but not all of it. One shop in four sells in several
regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.campus import Campus
from cobi.simulation.luck import stream
from cobi.simulation.names import KEYWORDS, REGIONS, TAGS, THEMES

NEVER_OPENS, NEVER_CLOSES = -(10**6), 10**6
_CHAIN_SHARE = 0.25
_HIDDEN_SHOPS, _DISABLED_OFFERS = 0.02, 0.03
_WINDOWED, _NOT_YET_OPEN, _SOME_WEEKDAYS = 0.30, 0.04, 0.15
_PERCENTAGES = (10, 15, 20, 25, 30, 50)


@dataclass(frozen=True, slots=True)
class Shops:
    """Shops by row."""

    theme: Ints
    region: Ints  # its home
    sells_in: Flags  # shops × regions
    public: Flags
    tags: Ints  # shops × 4, rows of TAGS, -1 where there are fewer
    keywords: Ints  # shops × 6, rows of KEYWORDS, -1 where there are fewer
    place: Floats  # shops × latent, of unit length; hidden
    quality: Floats  # standard normal; hidden


@dataclass(frozen=True, slots=True)
class Offers:
    """Offers by row; days count from the first day of the world."""

    shop: Ints
    region: Ints
    percentage: Flags  # else a fixed amount
    value: Floats
    arrival: Ints  # week in which it is uploaded
    opens: Ints  # day
    closes: Ints  # day it is no longer valid
    weekdays: Flags  # offers × 7, Monday first
    enabled: Flags
    generosity: Floats  # standard normal; hidden
    exposure: Floats  # mean about 1: how much the marketplace puts it in front of people; hidden


def make_shops(campus: Campus, seed: int) -> Shops:
    """Found the shops, their labels and their hidden places."""
    rng = stream(seed, "shops")
    count, regions = campus.shops, len(REGIONS)
    theme = rng.permutation(np.arange(count) % len(THEMES))
    centres = _unit(rng.normal(size=(len(THEMES), campus.tastes.latent)))
    deviation = _unit(rng.normal(size=(count, campus.tastes.latent))) * campus.tastes.shop_own
    place = _unit(centres[theme] + deviation)
    region = rng.choice(regions, size=count, p=_region_weights())
    sells_in = np.eye(regions, dtype=bool)[region]
    sells_in |= (rng.random(count) < _CHAIN_SHARE)[:, None] & (rng.random((count, regions)) < 0.7)
    tags = _labels(campus, rng, place, centres, len(TAGS), 2, 4)
    keywords = _labels(campus, rng, place, centres, len(KEYWORDS), 3, 6)
    public = rng.random(count) >= _HIDDEN_SHOPS
    return Shops(theme, region, sells_in, public, tags, keywords, place, rng.normal(size=count))


def make_offers(campus: Campus, seed: int, shops: Shops) -> Offers:
    """Write the offers: every shop has one, popular shops have more, a third of them come in later weeks."""
    rng = stream(seed, "offers")
    count, habits = campus.offers, campus.habits
    weight = np.exp(0.5 * shops.quality)
    more = rng.choice(campus.shops, size=max(count - campus.shops, 0), p=weight / weight.sum())
    shop = rng.permutation(np.concatenate([np.arange(campus.shops), more])[:count])
    region = _region_of(rng, shops.sells_in[shop])
    percentage = rng.random(count) < 0.75
    generosity = rng.normal(size=count)
    arrival = _arrivals(rng, count, campus.founding_offers, campus.weeks)
    opens, closes = _windows(rng, arrival, campus.weeks_on_the_clock)
    noise = rng.normal(size=count)
    correlation = habits.exposure_quality
    standing = correlation * shops.quality[shop] + np.sqrt(1 - correlation**2) * noise
    exposure = np.exp(habits.exposure_spread * standing - habits.exposure_spread**2 / 2)
    return Offers(
        shop=shop,
        region=region,
        percentage=percentage,
        value=_values(percentage, generosity),
        arrival=arrival,
        opens=opens,
        closes=closes,
        weekdays=_weekdays(rng, count),
        enabled=rng.random(count) >= _DISABLED_OFFERS,
        generosity=generosity,
        exposure=exposure,
    )


def _labels(
    campus: Campus,
    rng: np.random.Generator,
    place: Floats,
    centres: Floats,
    count: int,
    least: int,
    most: int,
) -> Ints:
    """Choose labels by closeness (Gumbel top-k), the mislabelled by luck; shops × most, -1 = none."""
    label_place = _unit(
        np.repeat(centres, count // len(THEMES), axis=0)
        + 0.6 * _unit(rng.normal(size=(count, place.shape[1])))
    )
    score = campus.tastes.label_sharpness * place @ label_place.T + rng.gumbel(size=(len(place), count))
    chosen = np.argsort(-score, axis=1)[:, :most].astype(np.int64)
    wrong = rng.random(chosen.shape) < campus.tastes.mislabelled
    chosen = np.where(wrong, rng.integers(0, count, chosen.shape), chosen)
    for shop, row in enumerate(chosen):
        _, first = np.unique(row, return_index=True)
        repeated = np.ones(most, dtype=bool)
        repeated[first] = False
        chosen[shop, repeated] = -1
    wanted = rng.integers(least, most + 1, size=len(place))
    chosen[np.arange(most)[None, :] >= wanted[:, None]] = -1
    return chosen


def _windows(rng: np.random.Generator, arrival: Ints, weeks: int) -> tuple[Ints, Ints]:
    """Give some offers a first and a last day.

    Where weeks of recommended slates pass at one real moment, an offer that arrives in them opens today, not
    later; `weeks` are those that pass on the clock.
    """
    count = len(arrival)
    windowed = rng.random(count) < _WINDOWED
    first = np.minimum(arrival, weeks) * 7
    opens = np.where(windowed, first, NEVER_OPENS)
    closes = np.where(windowed, first + 7 * rng.integers(2, 13, size=count), NEVER_CLOSES)
    later = rng.random(count) < _NOT_YET_OPEN
    opens = np.where(later, weeks * 7 + rng.integers(14, 60, size=count), opens)
    return opens.astype(np.int64), np.where(later, NEVER_CLOSES, closes).astype(np.int64)


def _weekdays(rng: np.random.Generator, count: int) -> Flags:
    chosen = rng.random((count, 7)) < 0.55
    chosen[np.arange(count), rng.integers(0, 7, size=count)] = True
    return chosen | (rng.random(count) >= _SOME_WEEKDAYS)[:, None]


def _values(percentage: Flags, generosity: Floats) -> Floats:
    """Write the discount that generosity suggests: the visible side of a hidden number."""
    rank = np.clip(np.floor((generosity + 1.8) / 3.6 * len(_PERCENTAGES)), 0, len(_PERCENTAGES) - 1)
    percent = np.array(_PERCENTAGES, dtype=np.float64)[rank.astype(np.int64)]
    return np.where(percentage, percent, np.maximum(1.0, np.round(4 + 2 * generosity)))


def _arrivals(rng: np.random.Generator, count: int, founding: float, weeks: int) -> Ints:
    later = rng.integers(1, weeks, size=count)
    return np.where(rng.random(count) < founding, 0, later).astype(np.int64)


def _region_of(rng: np.random.Generator, sells_in: Flags) -> Ints:
    weights = sells_in * _region_weights()
    cumulative = np.cumsum(weights, axis=1)
    return (cumulative <= rng.random(len(weights))[:, None] * cumulative[:, -1:]).sum(axis=1).astype(np.int64)


def _region_weights() -> Floats:
    weights = np.array([region.weight for region in REGIONS])
    return weights / weights.sum()


def _unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
