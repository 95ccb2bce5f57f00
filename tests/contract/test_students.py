"""A student is found by any id, the timeline leaves nothing out, and looking changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.schema import recommendations
from tests.conftest import SettableClock
from tests.contract.test_attribution import STUDENTS
from tests.contract.test_ranking import ask, many, offer
from tests.factories import HOUR, an_id, interaction, minimal, upload

__all__ = ["many"]


def whole_timeline(service: Service, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = service.students.timeline(STUDENTS[0], limit, cursor)
        found += page["records"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("kind", ["customers", "pseudonyms"])
def test_a_student_is_found_by_customer_id_and_by_user_id(campus: Service, kind: str) -> None:
    identifier = bytes.fromhex(an_id(kind).replace("-", ""))
    [found] = campus.students.search(identifier)["students"]
    assert found["customer_id"] == an_id("customers")
    assert campus.students.search(b"\0" * 16) == {"students": []}


def test_without_an_id_those_who_acted_last_are_found(many: Service) -> None:
    assert [one["customer_id"] for one in many.students.search(None)["students"]] == [an_id("customers")]


def test_a_timeline_is_the_same_in_pages_of_any_size_though_moments_are_equal(
    many: Service, clock: SettableClock
) -> None:
    clock.advance(HOUR)
    answer = ask(many, limit=3)
    clicked = interaction(
        item_id=format_id(answer.items[1]),
        source="COBI",
        recommendation_id=format_id(answer.recommendation_id),
        event_timestamp=clock.now,
    )
    upload(many, "user-interactions", clicked)
    ask(many, limit=2)
    upload(many, "transactions", *(minimal("transactions", number) for number in range(3)))
    whole = whole_timeline(many, 100)
    assert [one["kind"] for one in whole].count("INTERACTION") == 6
    for limit in (1, 2, 5):
        assert whole_timeline(many, limit) == whole
    assert [one["when"] for one in whole] == sorted((one["when"] for one in whole), reverse=True)
    shown = next(
        one
        for one in whole
        if one.get("recommendation_id") == format_id(answer.recommendation_id) and one["kind"] == "ANSWER"
    )
    assert [place["came_of_it"] for place in shown["items"]] == [[], ["PAGE_VIEW"], []]
    act = next(one for one in whole if one["kind"] == "INTERACTION" and one["outcome"] == "MATCHED")
    assert (act["position"], act["item"]["item_id"]) == (2, format_id(answer.items[1]))


def test_what_would_be_shown_now_is_what_is_shown_and_its_reasons_sum_to_the_scores(many: Service) -> None:
    glance = many.answers.glance(STUDENTS[0], Wanted(100))
    told = many.answers.retell(ask(many, limit=100).recommendation_id)
    scores = {one["item_id"]: one["score"] for one in told["items"]}
    assert {one["item_id"]: pytest.approx(one["score"], abs=1e-6) for one in glance["items"]} == scores
    for one in glance["items"]:
        assert sum(part["contribution"] for part in one["reasons"]) == pytest.approx(one["score"])


def test_looking_is_neither_logged_nor_counted(many: Service, database: Database) -> None:
    many.answers.glance(STUDENTS[0], Wanted(5))
    with database.read() as connection:
        assert connection.execute(recommendations.select()).all() == []
    assert many.reports.overview()["week"]["answers"] == 0


def test_why_an_offer_is_not_shown_names_the_rule_and_what_would_change_it(many: Service) -> None:
    upload(many, "offers", minimal("offers", 29, region="AE"))
    told = many.answers.glance(STUDENTS[0], Wanted(5), offer(29))["why_not"]
    [cause] = told["removed_by"]
    assert (cause["code"], told["rank"], told["position"]) == ("region", None, None)
    assert "regions=AE" in cause["what_would_change_it"]
    assert sum(part["contribution"] for part in told["reasons"]) == pytest.approx(told["score"])


def test_whoever_is_held_out_is_told_to_be(many: Service) -> None:
    held = many.experiments.create({"kind": "HOLDOUT", "share": 0.5, "list": "NONE"})
    many.experiments.start(bytes.fromhex(held["experiment_id"].replace("-", "")))
    upload(many, "customers", *(minimal("customers", number) for number in range(20)))
    everybody = [bytes.fromhex(an_id("customers", number).replace("-", "")) for number in range(20)]
    causes = [many.answers.glance(one, Wanted(5), offer(7))["why_not"]["removed_by"] for one in everybody]
    assert "held_out" in {cause["code"] for one in causes for cause in one}


def test_the_arms_a_student_was_in_say_which_experiments_have_ended(many: Service) -> None:
    declared = many.experiments.create(
        {"name": "colder", "arms": [{"name": "a"}, {"name": "b"}], "start": True}
    )
    many.recommend(STUDENTS[0], Wanted(5))
    [told] = many.students.read(STUDENTS[0])["experiments"]
    assert (told["name"], told["stopped"]) == ("colder", None)
    many.experiments.stop(bytes.fromhex(declared["experiment_id"].replace("-", "")))
    [told] = many.students.read(STUDENTS[0])["experiments"]
    assert told["stopped"] is not None


def test_of_nobody_nothing_is_told(campus: Service) -> None:
    for ask_for in (
        lambda: campus.students.read(b"\0" * 16),
        lambda: campus.students.timeline(b"\0" * 16, 10, None),
        lambda: campus.answers.glance(b"\0" * 16, Wanted(5)),
    ):
        with pytest.raises(NotFound):
            ask_for()
