"""Reasons are told in the words of the marketplace, and say whether they speak for or against an item."""

from __future__ import annotations

from typing import Any

import pytest

from cobi.domain.recommendation import Wanted
from cobi.recommenders.settings import Settings
from cobi.service.service import Service
from tests.contract.test_attribution import STUDENTS
from tests.factories import an_id, interaction, minimal, upload

_AGAINST = ("less popular ", "not popular ", "seldom wanted ", "taken off, ")
_FOR = ("popular ", "because of ", "added, ")
_WAYS: tuple[str, ...] = ("popularity", "hop", "who-institute", "who-course", "who-age", "who-gender")


@pytest.fixture
def schools(campus: Service) -> Service:
    """Students of two institutes, courses and ages who reveal the codes of different offers."""
    upload(campus, "institutes", *(minimal("institutes", n, name=f"Institute {n}") for n in range(2)))
    upload(campus, "courses", *(minimal("courses", n, name=f"Course {n}") for n in range(2)))
    upload(campus, "offers", *(minimal("offers", n, name=f"Offer {n}") for n in range(8)))
    upload(campus, "customers", *(a_student(number) for number in range(40)))
    deeds = [
        interaction(
            student_id=an_id("customers", number),
            item_id=an_id("offers", number % 2 * 4 + at),
            interaction_type=kind,
        )
        for number in range(40)
        for at in range(number % 4)
        for kind in ("PAGE_VIEW", "DISCOUNT_CODE")
    ]
    upload(campus, "user-interactions", *deeds)
    campus.learning.train(settings=Settings(tune=False, weights=dict.fromkeys(_WAYS, 1.0)))
    return campus


def a_student(number: int) -> dict[str, Any]:
    half = number % 2
    return minimal(
        "customers",
        number,
        institute_id=an_id("institutes", half),
        course_id=an_id("courses", half),
        birthdate=f"{2000 + 4 * half}-01-01",
        gender=("female", "male")[half],
    )


def test_reasons_speak_of_names_and_of_their_sign(schools: Service) -> None:
    answer = schools.recommend(STUDENTS[0], Wanted(limit=100, explain=True))[0]
    told = [reason for reasons in answer.reasons or () for reason in reasons]
    for reason in told:
        assert reason.text.startswith(_FOR if reason.contribution > 0 else _AGAINST), reason
    said = {(reason.signal, reason.text) for reason in told}
    assert ("INSTITUTE:Institute 0", "popular at Institute 0") in said
    assert ("COURSE:Course 0", "popular with students of Course 0") in said
    assert ("AGE:26-27", "popular with students aged 26 to 27") in said
    assert not any(reason.signal.startswith("INSTITUTE:Institute 1") for reason in told)
