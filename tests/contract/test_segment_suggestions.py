"""Groups that are in the data are suggested, with rules that can be created at once."""

from __future__ import annotations

import random

import pytest

from cobi.domain.moments import SECOND
from cobi.service.service import Service
from tests.factories import NOON, an_id, interaction, minimal, upload

TASTES = ("pizza", "books", "sport")
STUDENTS = 120


@pytest.fixture
def tasteful(service: Service) -> Service:
    """Forty students each of three tastes: four shops of the own one for each of the others'."""
    luck = random.Random(5)
    upload(service, "tags", *(minimal("tags", at, name=taste) for at, taste in enumerate(TASTES)))
    upload(service, "shops", *(minimal("shops", at, name=f"{TASTES[at % 3]} {at}") for at in range(9)))
    links = [
        minimal("shop-tags", at, shop_id=an_id("shops", at), tag_id=an_id("tags", at % 3)) for at in range(9)
    ]
    upload(service, "shop-tags", *links)
    upload(service, "customers", *(minimal("customers", at) for at in range(STUDENTS)))
    visits = [
        interaction(
            item_type="SHOP",
            item_id=an_id("shops", luck.choice([student % 3] * 4 + [0, 1, 2]) + 3 * luck.randrange(3)),
            student_id=an_id("customers", student),
            event_timestamp=NOON // SECOND - at,
        )
        for student in range(STUDENTS)
        for at in range(8)
    ]
    assert upload(service, "user-interactions", *visits).status == "success"
    return service


def test_planted_tastes_are_suggested_and_their_rules_find_as_many_as_promised(tasteful: Service) -> None:
    found = tasteful.segments.suggestions()
    assert (found["students"], found["sampled"], found["active"]) == (STUDENTS, STUDENTS, STUDENTS)
    assert len(found["suggestions"]) == len(TASTES)
    assert {one["signals"][0]["name"].split()[0] for one in found["suggestions"]} == set(TASTES)
    assert sum(one["students"] for one in found["suggestions"]) == STUDENTS
    for one in found["suggestions"]:
        assert one["precision"] > 0.8
        assert one["recall"] > 0.8
        assert one["stability"] > 0.6
        made = tasteful.segments.create({"name": one["name"], "rule": one["rule"]})
        segment = next(
            each for each in tasteful.segments.list()["segments"] if each["segment_id"] == made["segment_id"]
        )
        # Those who meet it, of whom `precision` are of the group, are `recall` of the group.
        assert segment["members"] == round(one["students"] * one["recall"] / one["precision"])


def test_the_same_data_give_the_same_suggestions(tasteful: Service) -> None:
    assert tasteful.segments.suggestions() == tasteful.segments.suggestions()


def test_nothing_is_suggested_of_a_few_students(campus: Service) -> None:
    upload(campus, "user-interactions", interaction())
    found = campus.segments.suggestions()
    assert (found["active"], found["suggestions"]) == (1, [])
