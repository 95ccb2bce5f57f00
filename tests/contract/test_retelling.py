"""A past answer is told again as it was, its reasons sum to its scores, and what is missing has its causes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.domain.errors import NotFound
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.service.service import Service
from cobi.store import model_registry
from cobi.store.database import Database
from tests.conftest import SHARED, SettableClock
from tests.contract.test_attribution import STUDENTS
from tests.contract.test_ranking import ask, many, offer
from tests.factories import HOUR, an_id, interaction, minimal, upload

__all__ = ["many"]


def tell(service: Service, answer: Recommendation, missing: int | None = None) -> dict[str, Any]:
    return service.answers.retell(answer.recommendation_id, None if missing is None else offer(missing))


def causes(service: Service, answer: Recommendation, missing: int) -> list[str]:
    return [one["code"] for one in tell(service, answer, missing)["why_not"]["removed_by"]]


CHOICES = st.fixed_dictionaries(
    {
        "exploration_temperature": st.sampled_from([0, 0.5, 2]),
        "exploration_share": st.sampled_from([0.5, 1]),
        "most_per_shop": st.integers(0, 3),
        "diversity": st.sampled_from([0, 0.5]),
        "seen_offers": st.sampled_from(["SHOW", "LOWER", "HIDE"]),
    }
)


@settings(SHARED, max_examples=25)
@given(CHOICES, st.integers(1, 30), st.lists(st.integers(0, 29), max_size=3))
def test_any_answer_is_told_again_exactly_whatever_has_happened_since(
    many: Service, clock: SettableClock, chosen: dict[str, Any], limit: int, unwanted: list[int]
) -> None:
    many.settings.change(chosen)
    wanted = {"limit": limit, "exclude": tuple(map(offer, unwanted))}
    clock.advance(HOUR)
    first = ask(many, **wanted)
    second = ask(many, **wanted, offset=len(first.items)) if len(first.items) == limit else first
    clock.advance(1)
    upload(many, "user-interactions", interaction(item_id=an_id("offers", 7), event_timestamp=clock.now))
    many.settings.change(dict.fromkeys(chosen))
    for answer in (first, second):
        again = tell(many, answer)
        assert (again["exact"], again["changed"]) == (True, [])
        assert [one["item_id"] for one in again["items"]] == answer.as_json()["offers"]
        for one in again["items"]:
            total = sum(reason["contribution"] for reason in one["reasons"])
            assert total == pytest.approx(one["score_anew"], abs=1e-9)
            assert one["score"] == pytest.approx(one["score_anew"], rel=1e-6, abs=1e-9)


def test_an_answer_is_told_with_its_own_model_after_another_has_gone_live(
    many: Service, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    answer = ask(many)
    clock.advance(HOUR)
    upload(many, "user-interactions", *(interaction(item_id=an_id("offers", 9)) for _ in range(2)))
    many.learning.train(promote=True)
    ask(many)
    assert many._shelves._shelf is not None
    assert many._shelves._shelf.version == 2
    again = tell(many, answer)
    assert (again["model_version"], again["exact"], again["changed"]) == (1, True, [])


def test_a_model_whose_arrays_were_let_go_of_is_said_to_be_gone(
    many: Service, database: Database, clock: SettableClock
) -> None:
    answer = ask(many)
    many.learning.train(promote=True)
    database.write(lambda transaction: model_registry.prune(transaction.connection, 1, clock.now))
    again = tell(many, answer)
    assert not again["exact"]
    assert again["changed"] == ["model 1 is no longer kept"]
    assert [one["item_id"] for one in again["items"]] == answer.as_json()["offers"]


def test_what_has_changed_since_is_said(many: Service, clock: SettableClock) -> None:
    answer = ask(many)
    clock.advance(HOUR)
    upload(many, "customers", minimal("customers", region="AE"))
    upload(many, "offers", minimal("offers", 1, is_enabled=False))
    again = tell(many, answer)
    assert len(again["changed"]) == 2
    assert not again["exact"]
    assert again["candidates"] == 30


def test_similar_offers_and_segments_are_told_again(many: Service) -> None:
    segment = many.segments.create({"name": "Bahrain", "rule": {"regions": ["BH"]}})
    of_segment = many.recommend(STUDENTS[0], Wanted(include_segments=True))[1]
    similar = many.answers.for_offer(offer(3), Wanted())
    assert tell(many, of_segment)["segment_id"] == segment["segment_id"]
    assert tell(many, of_segment)["exact"]
    told = tell(many, similar)
    assert (told["exact"], told["item_id"], told["type"]) == (True, an_id("offers", 3), "SIMILAR")


def test_everything_that_keeps_an_offer_out_is_named(many: Service) -> None:
    upload(many, "shops", minimal("shops", 9, is_public=False))
    upload(
        many,
        "offers",
        minimal("offers", 40, region="AE", is_enabled=False, shop_id=an_id("shops", 9)),
        minimal("offers", 41, allowed_to="2026-01-01T00:00:00Z", allowed_days="Friday"),
        minimal("offers", 42, allowed_from="2027-01-01T00:00:00Z", is_deleted=True),
    )
    answer = ask(many, exclude=(offer(20),))
    assert causes(many, answer, 40) == ["disabled", "shop_hidden", "region"]
    assert causes(many, answer, 41) == ["over", "weekday"]
    assert causes(many, answer, 42) == ["deleted", "not_yet"]
    assert causes(many, answer, 20) == ["excluded"]
    with pytest.raises(NotFound):
        tell(many, answer, 99)


def test_what_only_others_kept_out_has_its_rank(many: Service) -> None:
    answer = ask(many, limit=5)
    told = tell(many, answer, 29)["why_not"]
    assert told["rank"] > 5
    assert [one["code"] for one in told["removed_by"]] == ["page"]
    place = tell(many, answer, 0)["why_not"]
    assert place["position"] == answer.items.index(offer(0)) + 1
    assert place["removed_by"] == []


def test_settings_that_keep_an_offer_out_are_named(many: Service, clock: SettableClock) -> None:
    many.settings.change({"seen_offers": "HIDE"})
    assert causes(many, ask(many), 0) == ["seen_hidden"]
    many.settings.change({"seen_offers": "LOWER"})
    assert causes(many, ask(many), 0) == ["seen_lowered", "page"]
    many.settings.change({"seen_offers": "SHOW", "most_per_shop": 1})
    answer = ask(many, limit=3)
    left = next(number for number in range(30) if offer(number) not in answer.items)
    assert causes(many, answer, left) == ["shop_limit"]
    clock.advance(1)
    first = ask(many, limit=3)
    shown = next(number for number in range(30) if offer(number) == first.items[0])
    assert causes(many, ask(many, limit=3, offset=3), shown) == ["page_before"]


def test_an_empty_list_of_somebody_held_out_says_so(many: Service) -> None:
    held = many.experiments.create({"kind": "HOLDOUT", "share": 0.5, "list": "NONE"})
    many.experiments.start(bytes.fromhex(held["experiment_id"].replace("-", "")))
    upload(many, "customers", *(minimal("customers", number) for number in range(20)))
    everybody = [bytes.fromhex(an_id("customers", number).replace("-", "")) for number in range(20)]
    answers = [many.recommend(one, Wanted(5))[0] for one in everybody]
    assert {causes(many, one, 7)[0] for one in answers if not one.items} == {"held_out"}


def test_without_its_model_neither_scores_nor_ranks_are_made_up(
    many: Service, database: Database, clock: SettableClock
) -> None:
    upload(many, "offers", minimal("offers", 40, is_enabled=False))
    answer = ask(many, limit=5)
    many.learning.train(promote=True)
    database.write(lambda transaction: model_registry.prune(transaction.connection, 1, clock.now))
    assert {one["score_anew"] for one in tell(many, answer)["items"]} == {None}
    told = tell(many, answer, 29)["why_not"]
    assert (told["score"], told["rank"]) == (None, None)
    assert causes(many, answer, 29) == ["not_kept"]
    assert causes(many, answer, 40) == ["disabled"]


def test_an_equal_that_the_lot_put_behind_is_told_so(campus: Service) -> None:
    upload(campus, "offers", *(minimal("offers", number) for number in range(30)))
    answer = ask(campus, limit=5)
    left = next(number for number in range(30) if offer(number) not in answer.items)
    assert causes(campus, answer, left) == ["lot"]


def test_what_an_offset_passed_over_is_told_so(many: Service) -> None:
    first = ask(many, limit=1).items[0]
    shown = next(number for number in range(30) if offer(number) == first)
    upload(many, "shops", minimal("shops", 7))
    answer = ask(many, limit=5, offset=3)
    assert causes(many, answer, shown) == ["page_before"]


def test_no_longer_list_is_advised_than_can_be_asked_for(campus: Service) -> None:
    upload(campus, "offers", *(minimal("offers", number) for number in range(130)))
    upload(campus, "user-interactions", *(interaction(item_id=an_id("offers", n)) for n in range(129)))
    campus.learning.train()
    answer = ask(campus, limit=1)
    told = tell(campus, answer, 129)["why_not"]
    assert told["rank"] > 100
    assert "limit=" not in told["removed_by"][0]["what_would_change_it"]
