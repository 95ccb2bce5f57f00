"""What a model promises, whatever it was taught."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.artifact import from_arrays, to_arrays
from cobi.recommenders.blend import _entries, fit
from cobi.recommenders.dataset import EventKind, Students, Trait, catalogue_of
from cobi.recommenders.model import Model
from cobi.recommenders.newcomers import kin_of, with_newcomers
from cobi.recommenders.signals import Signals, space_of
from cobi.recommenders.sparse import SparseMatrix
from tests.unit.recommenders.worlds import (
    DAY,
    NOW,
    OFFERS,
    SHOPS,
    TAGS,
    a_catalogue,
    row_of,
    some_events,
    some_students,
)

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def a_model(seed: int = 0, offers: int = OFFERS) -> Model:
    catalogue = a_catalogue(offers)
    return fit(catalogue, some_events(catalogue, seed), some_students(), NOW)


def one_view(model: Model, kind: ItemType, number: int) -> Signals:
    item = row_of(model.catalogue, kind, number)
    return model.signals(np.array([item]), np.array([EventKind.PAGE_VIEW]), np.array([NOW - DAY]), NOW)


def nothing(model: Model) -> Signals:
    empty = np.empty(0, np.int64)
    return model.signals(empty, empty, empty, NOW)


def a_history(model: Model, seed: int, traits: dict[Trait, int] | None = None) -> Signals:
    events = some_events(model.catalogue, seed, 20)
    return model.signals(events.item, events.kind, events.time, NOW, traits)


@few
@given(seeds, seeds)
def test_the_reasons_of_a_score_sum_to_it(taught: int, asked: int) -> None:
    model = a_model(taught)
    x = a_history(model, asked, {Trait.REGION: 1})
    scores = model.score(x)
    for item in range(model.catalogue.size):
        assert sum(part for _, part in model.explain(x, item)) == pytest.approx(scores[item], abs=1e-9)


@few
@given(seeds)
def test_the_same_data_and_seed_give_the_same_bytes(seed: int) -> None:
    first, again = a_model(seed), a_model(seed)
    assert first.card == again.card
    for name, array in to_arrays(first).items():
        assert array.tobytes() == to_arrays(again)[name].tobytes()


def test_few_items_keep_more_entries_of_each_row_than_many() -> None:
    assert [_entries(200, items) for items in (500, 8_000, 12_000, 41_000)] == [800, 800, 555, 200]


@few
@given(seeds, st.integers(0, 1000))
def test_scores_do_not_depend_on_how_items_are_numbered(seed: int, shuffle: int) -> None:
    plain, mixed = a_catalogue(), a_catalogue(shuffle=shuffle)
    models = {
        None: fit(plain, some_events(plain, seed), some_students(), NOW),
        shuffle: fit(mixed, some_events(mixed, seed, shuffle=shuffle), some_students(), NOW),
    }
    scores = {}
    for order, model in models.items():
        asked = some_events(model.catalogue, seed + 1, 20, shuffle=order)
        own = model.score(model.signals(asked.item, asked.kind, asked.time, NOW))
        scores[order] = [own[row_of(model.catalogue, ItemType.OFFER, k, order)] for k in range(OFFERS)]
    assert scores[None] == pytest.approx(scores[shuffle], rel=1e-4, abs=1e-5)


@few
@given(seeds)
def test_the_order_in_which_events_arrive_changes_nothing(seed: int) -> None:
    catalogue, students = a_catalogue(), some_students()
    events = some_events(catalogue, seed)
    mixed = np.random.default_rng(seed).permutation(len(events))
    plain, other = fit(catalogue, events, students, NOW), fit(catalogue, events.where(mixed), students, NOW)
    assert other.matrix.data == pytest.approx(plain.matrix.data, rel=1e-5)


@few
@given(seeds)
def test_a_model_survives_being_stored(seed: int) -> None:
    model = a_model(seed)
    again = from_arrays(to_arrays(model), json.loads(json.dumps(model.card)))
    x = a_history(model, seed, {Trait.REGION: 0})
    assert again.settings == model.settings
    assert (again.score(x) == model.score(x)).all()


@given(st.integers(0, SHOPS - 1))
@few
def test_viewing_a_shop_raises_its_offers_above_what_they_were(shop: int) -> None:
    model = a_model()
    before, after = model.score(nothing(model)), model.score(one_view(model, ItemType.SHOP, shop))
    gain = (after - before)[model.catalogue.of_type(ItemType.OFFER)]
    assert gain[shop::SHOPS].min() > 0
    assert gain[shop::SHOPS].mean() > np.delete(gain, np.s_[shop::SHOPS]).mean()


@given(st.integers(0, TAGS - 1))
@few
def test_clicking_a_tag_raises_the_offers_of_shops_that_carry_it(tag: int) -> None:
    model = a_model()
    before, after = model.score(nothing(model)), model.score(one_view(model, ItemType.TAG, tag))
    gain = (after - before)[model.catalogue.of_type(ItemType.OFFER)]
    assert gain[tag::TAGS].min() > 0


def test_a_student_without_history_gets_offers_by_popularity() -> None:
    catalogue = a_catalogue()
    events = some_events(catalogue)
    only_offers = events.where((events.item < OFFERS) & (events.kind == EventKind.PAGE_VIEW))
    model = fit(catalogue, only_offers, some_students(), NOW)
    scores = model.score(nothing(model))[:OFFERS]
    assert np.corrcoef(scores, np.log1p(np.bincount(only_offers.item, minlength=OFFERS)))[0, 1] > 0.95


def test_a_region_with_a_taste_of_its_own_moves_its_students() -> None:
    catalogue, students = a_catalogue(), some_students()
    events = some_events(catalogue, count=3000)
    item = np.where(events.student % 3 == 2, 7, events.item)  # region 1 sees nothing but offer 7
    model = fit(catalogue, type(events)(events.student, item, events.kind, events.time), students, NOW)
    empty = np.empty(0, np.int64)
    there = model.score(model.signals(empty, empty, empty, NOW, {Trait.REGION: 1}))
    elsewhere = model.score(model.signals(empty, empty, empty, NOW, {Trait.REGION: 0}))
    assert there[7] - there[:OFFERS].mean() > elsewhere[7] - elsewhere[:OFFERS].mean()


def test_a_trait_that_training_never_saw_is_passed_over() -> None:
    model = a_model()
    assert (model.score(a_history(model, 1, {Trait.REGION: 99})) == model.score(a_history(model, 1))).all()


def test_an_adopted_offer_is_scored_through_its_shop() -> None:
    model = a_model().adopt(a_catalogue(OFFERS + SHOPS))
    scores = model.score(one_view(model, ItemType.SHOP, 3))
    new = scores[OFFERS : OFFERS + SHOPS]
    assert new.argmax() == 3


def test_thousands_of_new_offers_of_one_shop_stand_where_the_known_one_stands() -> None:
    many = 3000
    links = {(ItemType.OFFER, ItemType.SHOP): np.stack([np.arange(many), np.zeros(many, np.int64)], axis=1)}
    catalogue = catalogue_of({ItemType.OFFER: np.arange(many), ItemType.SHOP: np.arange(1)}, links)
    known = catalogue.of_type(ItemType.OFFER).start
    met = np.arange(catalogue.size) == known
    kin = kin_of(catalogue, met)
    newcomers = np.flatnonzero(~met & (catalogue.item_type == ItemType.OFFER))
    assert (np.diff(kin.indptr)[newcomers] == 1).all()
    assert (kin.indices == known).all()


def test_a_new_offer_that_gives_more_than_its_kin_stands_above_them_as_met_offers_do() -> None:
    """An offer stands 0.5 higher for each step of what it gives; shops differ, and new ones give other than met."""
    catalogue = a_catalogue(OFFERS * 3)
    offers = catalogue.of_type(ItemType.OFFER)
    generosity = np.zeros(catalogue.size)
    generosity[offers] = np.random.default_rng(0).normal(size=offers.stop)
    catalogue = replace(catalogue, generosity=generosity)
    met = np.ones(catalogue.size, np.bool_)
    met[OFFERS * 2 : offers.stop] = False
    shop = np.arange(offers.stop) % SHOPS
    space = space_of(catalogue, Students(0))
    base = np.zeros((space.size, space.items), np.float32)
    base[space.constant, offers] = np.where(met[offers], shop + 0.5 * generosity[offers], 0)
    found = with_newcomers(SparseMatrix.of_dense(base), space.constant, catalogue, met, 100)
    row = found.dense()[space.constant, offers]
    assert row == pytest.approx(shop + 0.5 * generosity[offers], abs=1e-5)
    plain = replace(catalogue, generosity=np.empty(0))
    blind = with_newcomers(SparseMatrix.of_dense(base), space.constant, plain, met, 100).dense()[
        space.constant, offers
    ]
    kin = kin_of(plain, met).times(generosity)[offers]
    assert blind[~met[offers]] == pytest.approx((shop + 0.5 * kin)[~met[offers]], abs=1e-5)


def test_touching_an_adopted_offer_raises_its_shop_at_once() -> None:
    model = a_model().adopt(a_catalogue(OFFERS + SHOPS))
    gain = model.score(one_view(model, ItemType.OFFER, OFFERS + 3)) - model.score(nothing(model))
    assert gain[row_of(model.catalogue, ItemType.SHOP, 3)] > 0
    assert gain[:OFFERS][3::SHOPS].min() > 0


def test_adopting_the_same_catalogue_changes_nothing() -> None:
    model = a_model()
    x = a_history(model, 4)
    assert (model.adopt(a_catalogue()).score(x) == model.score(x)).all()


def test_an_item_that_has_gone_is_forgotten_without_harm() -> None:
    model = a_model()
    smaller = model.adopt(a_catalogue(OFFERS - 4))
    assert len(smaller.score(a_history(smaller, 5))) == smaller.catalogue.size


def test_anonymous_events_count_for_popularity_only() -> None:
    catalogue = a_catalogue()
    events = some_events(catalogue)
    unknown = type(events)(np.full(len(events), -1), events.item, events.kind, events.time)
    model, ignorant = (
        fit(catalogue, what, some_students(), NOW) for what in (unknown, unknown.where(np.empty(0, int)))
    )
    assert model.score(nothing(model)).max() > 0
    items = slice(0, catalogue.size)
    taught, untaught = (
        one.matrix.row_range(0, catalogue.size).dense()[:, items] for one in (model, ignorant)
    )
    assert (taught > 0).tolist() == (untaught > 0).tolist()


def test_a_model_can_be_learned_from_nothing() -> None:
    catalogue = a_catalogue()
    model = fit(catalogue, some_events(catalogue, count=0), some_students(), NOW)
    assert (model.score(nothing(model)) == 0).all()
    gain = model.score(one_view(model, ItemType.SHOP, 2))[:OFFERS]
    assert set(np.flatnonzero(gain > 0)) >= set(range(2, OFFERS, SHOPS))


def test_an_empty_catalogue_is_no_error() -> None:
    model = a_model().adopt(a_catalogue(0))
    assert len(model.score(nothing(model))) == model.catalogue.size


def test_training_tells_how_far_it_is_in_rising_shares() -> None:
    told: list[float] = []
    catalogue = a_catalogue()
    fit(catalogue, some_events(catalogue), some_students(), NOW, progress=lambda share, _: told.append(share))
    assert told == pytest.approx(sorted(told))
    assert (told[0], told[-1]) == (0.0, 1.0)
