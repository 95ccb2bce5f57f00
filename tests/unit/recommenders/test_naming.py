"""Names: which tags and keywords an offer's name mentions, and what a model makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.blend import fit
from cobi.recommenders.dataset import EventKind, Events, Students, catalogue_of
from cobi.recommenders.settings import Settings
from cobi.recommenders.ways.attributes import names
from cobi.recommenders.ways.naming import mentions
from tests.unit.recommenders.worlds import NOW


@pytest.mark.parametrize(
    ("name", "mentioned"),
    [
        ("20% off Pizza", ["pizza"]),
        ("Two PIZZAS for one!", ["pizza"]),
        ("Kids-cereal, 500 g", ["kids cereal"]),
        ("cereal for kids", []),
        ("pizzeria", []),
        ("Café au lait", ["café"]),
        ("خصم على قهوة", ["قهوة"]),
        ("", []),
    ],
)
def test_a_thing_is_mentioned_where_its_words_stand_one_after_the_other(
    name: str, mentioned: list[str]
) -> None:
    things = ["pizza", "kids cereal", "café", "قهوة", "…"]
    assert [things[place] for _, place in mentions([name], things)] == mentioned


@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=6),
    st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=6),
)
def test_mentions_are_what_a_search_for_each_thing_in_each_name_finds(
    names: list[list[str]], things: list[list[str]]
) -> None:
    found = mentions([" ".join(name) for name in names], [" ".join(thing) for thing in things])
    expected = [
        [number, place]
        for number, name in enumerate(names)
        for place, thing in enumerate(things)
        if thing and any(name[at : at + len(thing)] == thing for at in range(len(name)))
    ]
    assert found.tolist() == expected


def test_who_touched_a_keyword_is_offered_what_its_name_mentions_first() -> None:
    keys = {ItemType.OFFER: np.arange(4), ItemType.SHOP: np.arange(1), ItemType.KEYWORD: np.arange(2)}
    of_one_shop = np.stack([np.arange(4), np.zeros(4, np.int64)], axis=1)
    bare = catalogue_of(keys, {(ItemType.OFFER, ItemType.SHOP): of_one_shop})
    keyword, offers = bare.of_type(ItemType.KEYWORD).start, bare.of_type(ItemType.OFFER)
    told = replace(bare, mentions=np.array([[offers.start + 2, keyword], [offers.start + 1, keyword + 1]]))
    events = Events(
        np.zeros(1, np.int64),
        np.array([keyword]),
        np.full(1, EventKind.FILTER_CLICK, np.int8),
        np.full(1, NOW - 1),
    )
    settings = Settings(tune=False, weights={"names": 1.0, "popularity": 0.01})
    model = fit(told, events, Students(1), NOW, settings)
    scores = model.score(model.signals(events.item, events.kind, events.time, NOW))[offers]
    assert scores.argmax() == 2
    assert np.count_nonzero(scores) == 1


def test_offers_whose_names_mention_the_same_are_alike_the_more_so_the_rarer_it_is() -> None:
    keys = {ItemType.OFFER: np.arange(60), ItemType.KEYWORD: np.arange(2)}
    bare = catalogue_of(keys, {})
    offers, keyword = bare.of_type(ItemType.OFFER).start, bare.of_type(ItemType.KEYWORD).start
    common = [(offers + n, keyword) for n in range(15)]
    rare = [(offers, keyword + 1), (offers + 20, keyword + 1)]
    piece = names(replace(bare, mentions=np.array(common + rare)))
    row = piece.matrix(100, bare.size, bare.size).rows(np.array([offers])).dense()[0, offers : offers + 60]
    assert row[20] > row[1] > 0
    assert row[30] == 0
    assert row[0] == 0
