"""What is more of the season, apart from what is new, what is busy and what is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, EventKind, Events, FloatArray, Label, Students
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
    found = season(catalogue, met(np.random.default_rng(2).poisson(rates(1.0)).astype(float)), NOW)
    assert found is not None
    lift = centred(found.lift[SPAN][:CATEGORIES])
    assert np.abs(lift - centred(SEASON)).max() < 0.2


def test_where_there_is_no_season_chance_is_not_taken_for_one(catalogue: Catalogue) -> None:
    found = season(catalogue, met(np.random.default_rng(3).poisson(rates(0.0)).astype(float)), NOW)
    assert found is not None
    assert np.abs(centred(found.lift)).max() < 0.05


def test_an_event_ahead_of_now_moves_no_period(catalogue: Catalogue) -> None:
    events = met(np.random.default_rng(2).poisson(rates(1.0)).astype(float))
    ahead = replace(events, time=np.where(np.arange(len(events)) == 0, NOW + 500 * PERIOD, events.time))
    before, after = season(catalogue, events, NOW), season(catalogue, ahead, NOW)
    assert before is not None
    assert after is not None
    assert after.begin == before.begin
    assert np.abs(after.lift - before.lift).max() < 0.01


def test_few_weeks_or_no_categories_tell_no_season(catalogue: Catalogue) -> None:
    events = met(rates(1.0))
    recent = events.where(events.time > NOW - 2 * PERIOD)
    assert season(catalogue, recent, NOW) is None
    assert season(BARE, events, NOW) is None
    assert season(catalogue, events.where(np.zeros(len(events), np.bool_)), NOW) is None


def test_appeal_is_that_of_the_season_that_is_now(catalogue: Catalogue) -> None:
    luck, space = np.random.default_rng(4), space_of(catalogue, Students(0))
    views = luck.poisson(rates(1.0))
    codes = luck.binomial(views, 1 / (1 + np.exp(1 - SEASON[CATEGORY])))
    piece = appeal(space, catalogue, met(views.astype(float), codes.astype(float)), NOW)
    assert piece is not None
    row = piece.matrix(space.items, space.size, space.items).dense()[space.constant, SPAN]
    by_category = np.bincount(CATEGORY, row) / np.bincount(CATEGORY)
    assert np.corrcoef(by_category, SEASON[:, -1])[0, 1] > 0.95
