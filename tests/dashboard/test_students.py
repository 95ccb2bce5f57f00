"""The pages of students show what the API answers, and say what to do where it answers nothing."""

from __future__ import annotations

import re

import pytest

from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from tests.dashboard.conftest import Person
from tests.factories import an_id, minimal, upload
from tests.marketplace import marketplace

STUDENT = an_id("customers", 3)


@pytest.fixture
def lively(service: Service) -> Service:
    marketplace(service)
    upload(service, "offers", minimal("offers", 50, name="Moon cheese", region="AE"))
    service.learning.train(promote=True)
    return service


def test_an_id_leads_to_its_student(person: Person, lively: Service) -> None:
    for sent in (STUDENT, an_id("pseudonyms", 3), STUDENT.replace("-", "").upper(), f" {STUDENT} "):
        assert person.get("/students", params={"id": sent}).headers["Location"] == f"/students/{STUDENT}"


@pytest.mark.parametrize("sent", ["nobody", "0" * 32])
def test_an_id_of_nobody_is_told_to_be(person: Person, sent: str) -> None:
    shown = person.get("/students", params={"id": sent})
    assert (shown.status_code, 'role="alert"' in shown.text) == (200, True)


def test_without_an_id_those_who_acted_last_are_listed(person: Person, lively: Service) -> None:
    assert f'href="/students/{STUDENT}"' in person.get("/students").text


def test_a_student_is_shown_with_list_reasons_and_timeline(person: Person, lively: Service) -> None:
    html = person.get(f"/students/{STUDENT}").text
    assert html.count('class="bars"') == 6
    assert html.count('<li class="act">') == 5
    assert "popular with all students" in html


def test_why_an_offer_is_not_shown_is_asked_by_a_part_of_its_name(person: Person, lively: Service) -> None:
    html = person.get(f"/students/{STUDENT}", params={"why_not": "moon"}).text
    assert "it is given in AE, asked was BH" in html
    assert "ask with regions=AE" in html


def test_a_name_of_several_offers_is_asked_back(person: Person, lively: Service) -> None:
    html = person.get(f"/students/{STUDENT}", params={"why_not": "20 % off"}).text
    assert len(re.findall(r'href="\?why_not=[0-9a-f-]{36}#why-not"', html)) == 6


def test_a_student_of_nobody_is_a_page_that_says_so(person: Person, lively: Service) -> None:
    assert person.get(f"/students/{an_id('customers', 999)}").status_code == 404
    assert person.get("/students/7").status_code == 400


def test_older_entries_are_on_the_next_page(person: Person, lively: Service) -> None:
    for _ in range(30):
        lively.recommend(bytes.fromhex(STUDENT.replace("-", "")), Wanted(2))
    html = person.get(f"/students/{STUDENT}").text
    [older] = re.findall(r'href="(\?cursor=[^"#]+)#timeline" rel="next"', html)
    second = person.get(f"/students/{STUDENT}{older}").text
    assert html.count('<li class="shown">') + second.count('<li class="shown">') == 30
