"""What a list holds follows terms, settings and wishes; pages of a list repeat nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.actions.ranking.eligible import Eligibility
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, as_datetime, from_datetime
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.recommenders.dataset import catalogue_of
from cobi.service.service import Service
from cobi.store.catalogue import ALWAYS, OfferTerms
from tests.conftest import SettableClock
from tests.contract.test_attribution import STUDENTS
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

ZONE = ZoneInfo("Asia/Bahrain")


def offer(number: int) -> bytes:
    return parse_id(an_id("offers", number)) or b""


@pytest.fixture
def many(campus: Service) -> Service:
    """Thirty offers of three shops; student 0 revealed the codes of offers 0 to 4."""
    upload(campus, "shops", *(minimal("shops", number) for number in range(3)))
    shops = [an_id("shops", number) for number in range(3)]
    upload(campus, "offers", *(minimal("offers", number, shop_id=shops[number % 3]) for number in range(30)))
    told = {"interaction_type": "DISCOUNT_CODE"}
    upload(
        campus,
        "user-interactions",
        *(interaction(item_id=an_id("offers", number), **told) for number in range(5)),
    )
    campus.learning.train()
    return campus


def ask(service: Service, **wanted: Any) -> Recommendation:
    return service.recommend(STUDENTS[0], Wanted(**wanted))[0]


USED = {offer(number) for number in range(5)}


def test_used_offers_are_shown_lowered_or_hidden_as_the_organisation_likes(many: Service) -> None:
    assert set(ask(many, limit=5).items) == USED
    many.settings.change({"seen_offers": "LOWER"})
    assert set(ask(many, limit=30).items[25:]) == USED
    many.settings.change({"seen_offers": "HIDE"})
    assert not USED & set(ask(many, limit=30).items)


def test_a_use_counts_for_so_many_days(many: Service, clock: SettableClock) -> None:
    many.settings.change({"seen_offers": "HIDE", "seen_days": 2})
    clock.advance(DAY)
    assert len(ask(many, limit=30).items) == 25
    clock.advance(2 * DAY)
    assert len(ask(many, limit=30).items) == 30


def test_a_shop_has_at_most_so_many_offers_of_a_list(many: Service) -> None:
    many.settings.change({"most_per_shop": 2})
    shops = [number % 3 for one in ask(many, limit=6).items for number in range(30) if one == offer(number)]
    assert sorted(shops) == [0, 0, 1, 1, 2, 2]
    assert len(ask(many, limit=30).items) == 30


def test_what_is_not_wanted_is_left_out(many: Service) -> None:
    unwanted = (offer(1), offer(2), b"?" * 16)
    found = ask(many, limit=30, exclude=unwanted).items
    assert len(found) == 28
    assert not set(unwanted) & set(found)


@pytest.mark.parametrize("temperature", [0, 1])
def test_pages_repeat_nothing_and_leave_nothing_out(
    many: Service, clock: SettableClock, temperature: int
) -> None:
    many.settings.change({"exploration_temperature": temperature, "most_per_shop": 4})
    pages: list[bytes] = []
    for at in range(0, 30, 7):
        clock.advance(HOUR // 10)
        pages += ask(many, limit=7, offset=at).items
        upload(many, "user-interactions", interaction(item_id=an_id("offers", 29 - at % 5)))
    assert len(pages) == 30
    assert set(pages) == {offer(number) for number in range(30)}


def test_a_page_of_no_list_that_goes_on_is_cut_from_a_new_one(many: Service, clock: SettableClock) -> None:
    ask(many, limit=10)
    clock.advance(2 * HOUR)
    assert len(ask(many, limit=30, offset=20).items) == 10
    assert ask(many, offset=30).items == ()


def test_shops_are_ranked_where_they_are_or_have_an_offer(many: Service) -> None:
    upload(many, "shops", *(minimal("shops", number, region="AE") for number in (7, 8, 9)))
    upload(many, "offers", minimal("offers", 40, shop_id=an_id("shops", 8), region="BH"))
    upload(many, "offers", minimal("offers", 41, shop_id=an_id("shops", 9), region="BH", is_enabled=False))
    of_bahrain = {parse_id(an_id("shops", number)) for number in (0, 1, 2, 8)}
    answer = ask(many, item_type=ItemType.SHOP)
    assert set(answer.items) == of_bahrain
    told = many.answers.retell(answer.recommendation_id, parse_id(an_id("shops", 7)))
    assert [one["code"] for one in told["why_not"]["removed_by"]] == ["region"]
    assert len(ask(many, item_type=ItemType.SHOP, regions=("AE",)).items) == 3
    assert ask(many, item_type=ItemType.SHOP, regions=("KW",)).items == ()
    assert (
        len(many.answers.for_offer(offer(0), Wanted(item_type=ItemType.SHOP, regions=("AE", "BH"))).items)
        == 6
    )


def test_what_resembles_an_offer_leaves_itself_out_and_is_logged_like_any_answer(many: Service) -> None:
    answer = many.answers.for_offer(offer(0), Wanted(limit=30))
    assert (answer.kind, answer.similar_to) == ("SIMILAR", offer(0))
    assert len(answer.items) == 29
    assert offer(0) not in answer.items
    assert answer.as_json()["item_id"] == an_id("offers")
    with pytest.raises(NotFound):
        many.answers.for_offer(b"?" * 16, Wanted())


def test_a_drawn_list_is_logged_with_its_chances(many: Service) -> None:
    many.settings.change({"exploration_temperature": 1})
    ask(many)
    [logged] = many.export_student(STUDENTS[0])["recommendations"]
    assert logged["policy"] == "explored"
    assert all(0 < chance <= 1 for chance in logged["propensities"])
    assert min(logged["propensities"]) < 1


MOMENTS = st.integers(NOON, NOON + 9 * DAY)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["BH", "AE"]), MOMENTS, MOMENTS, st.integers(0, 127)),
        min_size=1,
        max_size=6,
    ),
    st.lists(MOMENTS, min_size=1, max_size=12),
)
def test_d29_what_is_worked_out_once_holds_until_it_changes(
    offers: list[tuple[bool, str, int, int, int]], moments: list[int]
) -> None:
    usable, region, begin, end, days = map(np.array, zip(*offers, strict=True))
    begin = np.where(begin % 3 == 0, ALWAYS.min, begin)
    end = np.where(end % 3 == 0, ALWAYS.max, end)
    terms = OfferTerms(usable, region, begin, end, days.astype(np.uint8))
    catalogue = catalogue_of({ItemType.OFFER: np.arange(1, len(offers) + 1)}, {})
    kept = Eligibility(catalogue, {ItemType.OFFER: usable}, terms, {}, {})
    asked = sorted(moments)
    for moment in [
        *asked,
        *(one + 1 for one in end.tolist() if NOON < one < NOON + 9 * DAY),
        *begin.tolist(),
    ]:
        if moment < NOON:
            continue
        local = as_datetime(moment).astimezone(ZONE)
        allowed = kept.at(ItemType.OFFER, ("BH",), local)
        assert allowed.rows.tolist() == [
            place
            for place in range(len(offers))
            if usable[place]
            and region[place] == "BH"
            and begin[place] <= moment <= end[place]
            and days[place] >> local.weekday() & 1
        ]


def test_a_day_ends_at_midnight_of_the_organisation() -> None:
    terms = OfferTerms(*(np.array([one]) for one in (True, "BH", ALWAYS.min, ALWAYS.max, np.uint8(1))))
    catalogue = catalogue_of({ItemType.OFFER: np.array([1])}, {})
    kept = Eligibility(catalogue, {ItemType.OFFER: terms.usable}, terms, {}, {})
    monday = datetime(2026, 6, 15, 12, tzinfo=ZONE)
    allowed = kept.at(ItemType.OFFER, None, monday)
    assert allowed.until == from_datetime(datetime(2026, 6, 16, tzinfo=ZONE))
