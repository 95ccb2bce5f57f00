"""Pages that name the one before repeat nothing, whoever's list it is and whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.identifiers import parse_id
from cobi.domain.interaction import ItemType
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.service import Service
from tests.contract.test_attribution import STUDENTS
from tests.contract.test_ranking import ask, many, offer
from tests.factories import an_id, interaction, minimal, upload

__all__ = ["many"]

Ask = Callable[[Wanted], Recommendation]


def the_list_of(service: Service, whose: str) -> Ask:
    if whose == "segment":
        made = service.segments.create({"name": "Bahrain", "rule": {"regions": ["BH"]}})
        segment = parse_id(made["segment_id"]) or b""
        return lambda wanted: service.recommend_segment(segment, wanted)
    if whose == "similar":
        return lambda wanted: service.answers.for_offer(offer(0), wanted)
    return lambda wanted: service.recommend(STUDENTS[0], wanted)[0]


@pytest.mark.parametrize("whose", ["student", "segment", "similar"])
def test_pages_that_name_the_one_before_repeat_nothing_and_leave_nothing_out(
    many: Service, whose: str
) -> None:
    many.settings.change({"exploration_temperature": 1})
    ask_for = the_list_of(many, whose)
    pages = [ask_for(Wanted(7))]
    while pages[-1].items:
        # Another reader of the same list is no matter, nor what students do, nor an offer that is new.
        ask_for(Wanted(7))
        number = len(pages)
        upload(many, "user-interactions", interaction(item_id=an_id("offers", 29 - number)))
        upload(many, "offers", minimal("offers", 7, name=f"changed {number}"))
        pages.append(ask_for(Wanted(7, continues=pages[-1].recommendation_id)))
    shown = [item for page in pages for item in page.items]
    assert len(shown) == len(set(shown)) == (29 if whose == "similar" else 30)
    after_the_end = ask_for(Wanted(7, continues=pages[-1].recommendation_id))
    told = many.answers.retell(after_the_end.recommendation_id)
    assert (told["offset"], told["items"]) == (len(shown), [])


def test_a_page_goes_on_from_a_list_that_began_further_down(many: Service) -> None:
    whole = ask(many, limit=30).items
    second = ask(many, limit=5, offset=3)
    third = ask(many, limit=30, continues=second.recommendation_id)
    told = many.answers.retell(third.recommendation_id)
    assert (told["offset"], told["exact"], len(third.items)) == (8, True, 22)
    assert not set(second.items) & set(third.items)
    assert set(whole) > set(third.items)


def test_a_page_of_another_list_is_refused(many: Service) -> None:
    of_segment = the_list_of(many, "segment")(Wanted(3)).recommendation_id
    own = ask(many, limit=3).recommendation_id
    for wanted in (
        Wanted(continues=of_segment),
        Wanted(continues=own, regions=("BH", "AE")),
        Wanted(continues=own, item_type=ItemType.SHOP),
    ):
        with pytest.raises(InvalidRequest, match="another list"):
            many.recommend(STUDENTS[0], wanted)
    with pytest.raises(NotFound, match="not known"):
        ask(many, continues=b"?" * 16)
    assert len(ask(many, limit=30, continues=own, exclude=(offer(3), offer(4))).items) >= 25


@pytest.mark.parametrize("item_type", [ItemType.SHOP, ItemType.TAG, ItemType.KEYWORD])
def test_d31_other_items_are_ranked_paged_and_told_again(many: Service, item_type: ItemType) -> None:
    kind = f"{item_type.name.lower()}s"
    upload(many, kind, *(minimal(kind, number) for number in range(4)))
    for whose in ("student", "similar"):
        ask_for = the_list_of(many, whose)
        first = ask_for(Wanted(2, item_type=item_type))
        second = ask_for(Wanted(2, item_type=item_type, continues=first.recommendation_id))
        assert len({*first.items, *second.items}) == 4
        for page in (first, second):
            told = many.answers.retell(page.recommendation_id)
            assert (told["exact"], told["changed"], told["excluded"]) == (True, [], [])
