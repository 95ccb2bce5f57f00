"""What is more of the season, apart from what is new, what is busy and what is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, EventKind, Events, FloatArray, Label, Students, Trait
from cobi.recommenders.signals import space_of
from cobi.recommenders.ways.appeal import appeal
from cobi.recommenders.ways.season import PERIOD, season
from tests.unit.recommenders.worlds import NOW, SHOPS, a_catalogue, row_of

OFFERS, CATEGORIES, WEEKS = 240, 4, 16
BARE = a_catalogue(OFFERS)
SPAN = BARE.of_type(ItemType.OFFER)
CATEGORY = np.arange(OFFERS) % SHOPS % CATEGORIES
SEASON = 0.5 * np.sin(2 * np.pi * (np.arange(WEEKS) / 20 + np.arange(CATEGORIES)[:, None] / CATEGORIES))
"""categories × weeks, oldest first."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    shops = [row_of(BARE, ItemType.SHOP, number) for number in range(SHOPS)]
    labels = [[row, Label.CATEGORY, number % CATEGORIES] for number, row in enumerate(shops)]
    return replace(BARE, labels=np.array(labels, np.int64))


def met(views: FloatArray, codes: FloatArray | None = None) -> Events:
    """So many views and codes of each offer in each week, the last one ending now."""
    counts = np.stack([views, np.zeros_like(views) if codes is None else codes]).astype(np.int64)
    kind, offer, week = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
    told = np.array([EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE], np.int8)[kind]
    times = NOW - (WEEKS - 1 - week) * PERIOD - np.random.default_rng(1).integers(0, PERIOD // 2, len(week))
    times[-1] = NOW
    return Events(np.full(len(week), -1), SPAN.start + offer, told, times)


def rates(strength: float) -> FloatArray:
    """Views expected of each offer in each week: busier weeks, offers of category 0 that come late."""
    luck = np.random.default_rng(0)
    rate = 3 * np.exp(0.7 * luck.standard_normal((OFFERS, 1)) + 0.5 * luck.standard_normal(WEEKS))
    late = (CATEGORY == 0) & (np.arange(OFFERS) > OFFERS // 2)
    rate *= ~late[:, None] | (np.arange(WEEKS) >= WEEKS // 2)
    return rate * np.exp(strength * SEASON[CATEGORY])


def centred(values: FloatArray) -> FloatArray:
    return values - values.mean(axis=1, keepdims=True)


def test_a_season_is_told_from_new_offers_and_from_busy_weeks(catalogue: Catalogue) -> None:
    found = season(
        catalogue, met(np.random.default_rng(2).poisson(rates(1.0)).astype(float)), Students(0), NOW
    )
    assert found is not None
    lift = centred(found.lift[SPAN][:CATEGORIES])
    assert np.abs(lift - centred(SEASON)).max() < 0.2


def test_where_there_is_no_season_chance_is_not_taken_for_one(catalogue: Catalogue) -> None:
    found = season(
        catalogue, met(np.random.default_rng(3).poisson(rates(0.0)).astype(float)), Students(0), NOW
    )
    assert found is not None
    assert np.abs(centred(found.lift)).max() < 0.05


def test_an_event_ahead_of_now_moves_no_period(catalogue: Catalogue) -> None:
    events = met(np.random.default_rng(2).poisson(rates(1.0)).astype(float))
    ahead = replace(events, time=np.where(np.arange(len(events)) == 0, NOW + 500 * PERIOD, events.time))
    before, after = season(catalogue, events, Students(0), NOW), season(catalogue, ahead, Students(0), NOW)
    assert before is not None
    assert after is not None
    assert after.begin == before.begin
    assert np.abs(after.lift - before.lift).max() < 0.01


def test_few_weeks_or_no_categories_tell_no_season(catalogue: Catalogue) -> None:
    events = met(rates(1.0))
    recent = events.where(events.time > NOW - 2 * PERIOD)
    assert season(catalogue, recent, Students(0), NOW) is None
    assert season(BARE, events, Students(0), NOW) is None
    assert season(catalogue, events.where(np.zeros(len(events), np.bool_)), Students(0), NOW) is None


def test_appeal_is_that_of_the_season_that_is_now(catalogue: Catalogue) -> None:
    luck, space = np.random.default_rng(4), space_of(catalogue, Students(0))
    views = luck.poisson(rates(1.0))
    codes = luck.binomial(views, 1 / (1 + np.exp(1 - SEASON[CATEGORY])))
    piece = appeal(space, catalogue, met(views.astype(float), codes.astype(float)), Students(0), NOW)
    assert piece is not None
    row = piece.matrix(space.items, space.size, space.items).dense()[space.constant, SPAN]
    by_category = np.bincount(CATEGORY, row) / np.bincount(CATEGORY)
    assert np.corrcoef(by_category, SEASON[:, -1])[0, 1] > 0.95


def test_pages_of_shops_favourites_and_the_first_weeks_of_an_offer_are_no_season(
    catalogue: Catalogue,
) -> None:
    """What a shop's page or a favourite follows is no season, nor is what is new shown to all."""
    views = np.random.default_rng(5).poisson(rates(0.0)).astype(float)
    late = (CATEGORY == 0) & (np.arange(OFFERS) > OFFERS // 2)
    shown = views.copy()
    shown[late, WEEKS // 2 : WEEKS // 2 + 2] += 40
    plain = met(shown)
    first = plain.time < NOW - (WEEKS - 2) * PERIOD
    shop = np.full(3000, row_of(BARE, ItemType.SHOP, 1))
    others = Events(
        np.full(len(shop), -1),
        shop,
        np.repeat([EventKind.FAVOURITE, EventKind.PAGE_VIEW], 1500).astype(np.int8),
        np.full(len(shop), plain.time[first].max()),
    )
    events = Events(
        *(
            np.concatenate([getattr(plain, name), getattr(others, name)])
            for name in ("student", "item", "kind", "time")
        )
    )
    found = season(catalogue, events, Students(0), NOW)
    assert found is not None
    assert np.abs(centred(found.lift)).max() < 0.06


def test_what_else_there_is_at_a_place_is_no_season(catalogue: Catalogue) -> None:
    """In one region an offer takes half of all looks for some weeks: the categories that are met there lose nothing."""
    luck = np.random.default_rng(6)
    view: list[FloatArray] = []
    for place, strong in ((0, CATEGORY < 2), (1, CATEGORY >= 2)):
        rate = (
            4
            * np.exp(0.3 * luck.standard_normal((OFFERS, 1)))
            * np.where(strong, 1.8, 0.2)[:, None]
            * np.ones(WEEKS)
        )
        if place == 0:
            rate[:, WEEKS // 2 :] *= 0.5
        view.append(luck.poisson(rate).astype(float))
    parts = [met(own) for own in view]
    events = Events(
        np.repeat([0, 1], [len(parts[0]), len(parts[1])]),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("item", "kind", "time")),
    )
    apart = season(catalogue, events, Students(2, {Trait.REGION: np.array([0, 1])}), NOW)
    mixed = season(catalogue, events, Students(2), NOW)
    assert apart is not None
    assert mixed is not None
    assert np.abs(centred(apart.lift)).max() < 0.05 < np.abs(centred(mixed.lift)).max()
