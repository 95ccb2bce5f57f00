"""What an offer's shop, tags, keywords, categories and value foretell of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Label,
    Students,
    Trait,
    catalogue_of,
)
from cobi.recommenders.piece import Piece
from cobi.recommenders.signals import space_of
from cobi.recommenders.ways.appeal import appeal
from cobi.recommenders.ways.attributes import FIRST_LABEL, characteristics
from cobi.recommenders.ways.labelling import labels_of, terms_and_generosity
from tests.unit.recommenders.worlds import NOW, SHOPS, a_catalogue, row_of

OFFERS = 400
CATALOGUE = a_catalogue(OFFERS)
SPAN = CATALOGUE.of_type(ItemType.OFFER)
SPACE = space_of(CATALOGUE, Students(0))
given_terms = st.lists(
    st.tuples(st.sampled_from(["fixed", "percentage"]), st.sampled_from(["AE", "BH"]), st.integers(1, 9)),
    min_size=1,
    max_size=40,
)


@given(given_terms)
def test_offers_are_compared_with_those_of_their_own_type_and_region(
    several: list[tuple[str, str, int]],
) -> None:
    terms, generosity = terms_and_generosity(
        [(kind, region, float(value)) for kind, region, value in several]
    )
    for number, (kind, region, value) in enumerate(several):
        alike = [place for place, other in enumerate(several) if other[:2] == (kind, region)]
        assert [place for place in range(len(several)) if terms[place] == terms[number]] == alike
        if len(alike) < 5:
            assert generosity[number] == 0
        for place in alike:
            if several[place][2] == value:
                assert generosity[place] == generosity[number]
            elif several[place][2] < value and len(alike) >= 5:
                assert generosity[place] < generosity[number]


def test_labels_of_unknown_items_are_left_out() -> None:
    found = labels_of({Label.CATEGORY: (np.array([3, -1, 3]), np.array([7, 7, 7]))})
    assert found.tolist() == [[3, Label.CATEGORY, 7]]


def test_an_offer_is_labelled_as_its_shop_is() -> None:
    shops = [row_of(CATALOGUE, ItemType.SHOP, number) for number in range(2)]
    labels = np.array([[shops[0], Label.CATEGORY, 5], [shops[1], Label.CATEGORY, 9], [0, Label.TERMS, 5]])
    told = replace(CATALOGUE, labels=labels)
    every, family = characteristics(told, [Label.CATEGORY])
    assert family[CATALOGUE.size :].tolist() == [FIRST_LABEL + Label.CATEGORY] * 2
    own = every.dense()[SPAN, CATALOGUE.size :]
    of_shop = np.arange(OFFERS) % SHOPS
    assert np.array_equal(own, np.stack([of_shop == 0, of_shop == 1], axis=1))


def test_labels_and_generosity_stay_with_the_items_that_are_kept() -> None:
    told = replace(
        CATALOGUE,
        labels=np.array([[1, Label.TERMS, 5], [2, Label.TERMS, 6]]),
        generosity=np.arange(CATALOGUE.size, dtype=np.float64),
    )
    kept = np.arange(CATALOGUE.size) != 1
    few = told.only(kept)
    assert few.labels.tolist() == [[1, Label.TERMS, 6]]
    assert few.generosity.tolist() == np.flatnonzero(kept).tolist()


def met(times: FloatArray | IntArray, revealed: FloatArray | IntArray) -> Events:
    """So many views of each offer, and codes."""
    counts = np.concatenate([times, revealed]).astype(np.int64)
    item = np.repeat(np.tile(np.arange(SPAN.start, SPAN.stop), 2), counts)
    kind = np.repeat(np.repeat([EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE], OFFERS), counts)
    return Events(np.full(len(item), -1), item, kind.astype(np.int8), np.full(len(item), NOW))


def row(piece: Piece | None) -> FloatArray:
    assert piece is not None
    rows = piece.matrix(SPACE.items, SPACE.size, SPACE.items).dense().astype(np.float64)
    return rows[SPACE.constant, SPAN]


@pytest.fixture(scope="module")
def world() -> tuple[Catalogue, Events, FloatArray, FloatArray]:
    """Some shops are better, generous offers too; single offers are put in front of people by luck."""
    luck = np.random.default_rng(0)
    good = luck.standard_normal(SHOPS)[np.arange(OFFERS) % SHOPS]
    generous = luck.standard_normal(OFFERS)
    views = luck.poisson(np.exp(2 + good + luck.standard_normal(OFFERS)))
    codes = luck.binomial(views, 1 / (1 + np.exp(1 - good - 0.5 * generous)))
    generosity = np.pad(generous, (SPAN.start, CATALOGUE.size - SPAN.stop))
    return replace(CATALOGUE, generosity=generosity), met(views, codes), good, generous


def test_an_offer_does_not_gain_by_being_shown_more_than_others_of_its_shop(
    world: tuple[Catalogue, Events, FloatArray, FloatArray],
) -> None:
    catalogue, events, good, generous = world
    views = np.bincount(events.item[events.kind == EventKind.PAGE_VIEW], minlength=SPAN.stop)[SPAN]
    beyond = row(appeal(SPACE, catalogue, events, Students(0), NOW)) - good - 0.5 * generous
    assert abs(np.corrcoef(beyond, np.log1p(views) - good)[0, 1]) < 0.2


def test_appeal_tells_the_shop_the_value_and_the_offer_s_own(
    world: tuple[Catalogue, Events, FloatArray, FloatArray],
) -> None:
    catalogue, events, good, generous = world
    truth = good + 0.5 * generous
    found = row(appeal(SPACE, catalogue, events, Students(0), NOW))
    blind = row(appeal(SPACE, CATALOGUE, events, Students(0), NOW))
    assert np.corrcoef(found, truth)[0, 1] > 0.95 > np.corrcoef(blind, truth)[0, 1]


def test_an_offer_that_nobody_met_stands_where_its_shop_and_its_value_put_it(
    world: tuple[Catalogue, Events, FloatArray, FloatArray],
) -> None:
    catalogue, events, good, generous = world
    new = np.arange(OFFERS) >= OFFERS // 2
    known = events.where(~new[events.item - SPAN.start])
    truth = good + 0.5 * generous
    assert np.corrcoef(row(appeal(SPACE, catalogue, known, Students(0), NOW))[new], truth[new])[0, 1] > 0.95


@pytest.mark.parametrize("revealed", [0.0, 1.0])
def test_where_nothing_or_everything_was_revealed_there_is_no_appeal(revealed: float) -> None:
    views = np.full(OFFERS, 3.0)
    assert appeal(SPACE, CATALOGUE, met(views, revealed * views), Students(0), NOW) is None


def test_of_few_offers_nothing_is_foretold() -> None:
    few = np.where(np.arange(OFFERS) < 20, 5.0, 0.0)
    assert appeal(SPACE, CATALOGUE, met(few, few / 5), Students(0), NOW) is None


def test_offers_with_nothing_in_common_are_told_by_what_is_their_own() -> None:
    lonely = CATALOGUE.only(CATALOGUE.item_type == ItemType.OFFER)
    space = space_of(lonely, Students(0))
    good = np.where(np.arange(OFFERS) % 2 == 0, 8.0, 1.0)
    piece = appeal(space, lonely, met(np.full(OFFERS, 10.0), good), Students(0), NOW)
    assert piece is not None
    found = piece.matrix(space.items, space.size, space.items).dense()[space.constant]
    assert found[0] > found[1]


def test_a_shop_that_is_made_a_favourite_is_expected_to_be_wanted_where_that_tells() -> None:
    """Of a shop whose offers nobody opened much only its favourites say how good it is, at each place by itself."""
    luck, regions = np.random.default_rng(0), 2
    good = luck.standard_normal((SHOPS, regions))
    students = Students(2 * OFFERS, {Trait.REGION: np.arange(2 * OFFERS) % regions})
    place = np.arange(OFFERS) // SHOPS % regions
    shop = np.arange(OFFERS) % SHOPS
    liking = good[shop, place]
    little = shop % 4 == 0
    views = np.where(little, 1, 50)
    codes = np.where(little, 0, luck.binomial(views, 1 / (1 + np.exp(1 - liking))))
    opened = met(views, codes)
    at = place[opened.item - SPAN.start]
    favourites = luck.poisson(20 * np.exp(good)).ravel()
    who = np.repeat(np.tile(np.arange(regions), SHOPS), favourites)
    liked = np.repeat(
        np.repeat(np.arange(SHOPS) + CATALOGUE.of_type(ItemType.SHOP).start, regions), favourites
    )
    kind = np.concatenate([opened.kind, np.full(len(liked), EventKind.FAVOURITE, np.int8)])
    student, item = np.concatenate([at, who]), np.concatenate([opened.item, liked])
    events = Events(student, item, kind, np.full(len(item), NOW))
    told = row(appeal(SPACE, CATALOGUE, events, students, NOW))
    without = events.where(events.kind != EventKind.FAVOURITE)
    untold = row(appeal(SPACE, CATALOGUE, without, students, NOW))
    assert np.corrcoef(told[little], liking[little])[0, 1] > 0.9
    assert np.corrcoef(untold[little], liking[little])[0, 1] < 0.6


def test_offers_of_a_shop_stand_by_their_place_where_other_students_open_them() -> None:
    """A chain that is good at one place only: its new offers there are expected to be so, its others are not."""
    offers, shops = 80, 10
    links = {
        (ItemType.OFFER, ItemType.SHOP): np.stack([np.arange(offers), np.arange(offers) % shops], axis=1)
    }
    chain = catalogue_of({ItemType.OFFER: np.arange(offers), ItemType.SHOP: np.arange(shops)}, links)
    students = Students(2, {Trait.REGION: np.array([0, 1])})
    shop, there = np.arange(offers) % shops, np.arange(offers) // shops % 2
    good = np.where((shop < 5) == (there == 1), 0.6, 0.2)
    views, little = np.full(offers, 60), np.arange(offers) >= 60
    views[little] = 2
    codes = np.where(little, 0, np.random.default_rng(0).binomial(views, good))
    counts = np.concatenate([views, codes])
    item = np.repeat(np.tile(np.arange(offers), 2), counts)
    kind = np.repeat(np.repeat([EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE], offers), counts)
    events = Events(there[item], item, kind.astype(np.int8), np.full(len(item), NOW))
    space = space_of(chain, students)
    piece = appeal(space, chain, events, students, NOW)
    assert piece is not None
    found = piece.matrix(space.items, space.size, space.items).dense()[space.constant, :offers]
    better = good > 0.5
    assert found[little & better].min() > found[little & ~better].max()
