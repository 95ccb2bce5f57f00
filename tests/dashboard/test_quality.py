"""What was refused is shown, mended after a look at what would happen, and dropped after a question."""

from __future__ import annotations

import re

import pytest
from httpx import Response

from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.dashboard.conftest import Person
from tests.factories import minimal, upload


@pytest.fixture
def refused(service: Service) -> Service:
    upload(service, "shops", *(minimal("shops", number, region="Bahrain") for number in range(3)))
    upload(service, "tags", minimal("tags", name=None))
    return service


def token(person: Person) -> str:
    return re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/quality").text)[0]


def mend(person: Person, act: str, value: str = "BH", verb: str = "set") -> Response:
    fields = {"type": "shops", "verb0": verb, "field0": "region", "value0": value, "act": act}
    return person.send("/quality/mend", None, form_token=token(person), **fields)


def test_refusals_are_counted_by_reason_and_shown_as_they_were_sent(person: Person, refused: Service) -> None:
    html = person.get("/quality?type=shops").text
    assert html.count("As it was sent") == 3
    assert "&#34;Bahrain&#34;" in html
    assert "As it was sent" not in person.get("/quality?code=no_such_code").text


def test_a_dry_run_says_what_would_happen_and_changes_nothing(person: Person, refused: Service) -> None:
    assert "Of 3 records 3 would be stored and 0 would stay" in mend(person, "try").text
    assert person.get("/quality?type=shops").text.count("As it was sent") == 3


def test_what_is_mended_for_real_leaves(person: Person, refused: Service) -> None:
    leads = mend(person, "store").headers["Location"]
    html = person.get(leads).text
    assert "3 stored, 0 still refused" in html
    assert "As it was sent" not in html


def test_a_rule_no_record_could_pass_with_is_refused(person: Person, refused: Service) -> None:
    assert mend(person, "store", value="Bahrain").status_code == 400
    assert mend(person, "store", verb="no_verb").status_code == 400


def test_dropping_is_asked_about_first(person: Person, refused: Service) -> None:
    assert "3 refused records of shops" in person.get("/quality/drop?type=shops").text
    person.send("/quality/drop", form_token=token(person), type="shops", code="")
    html = person.get("/quality").text
    assert html.count("As it was sent") == 1
    assert person.send("/quality/drop", form_token=token(person), type="", code="").status_code == 400


def test_without_admin_nothing_is_dropped(stranger: Person, refused: Service, registry: Registry) -> None:
    stranger.sign_in(registry.create_key("campus", frozenset(["ingest"])))
    assert "Drop …" not in stranger.get("/quality?type=shops").text
    assert stranger.get("/quality/drop?type=shops").status_code == 403
