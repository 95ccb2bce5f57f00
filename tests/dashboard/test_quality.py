"""What was refused is shown, mended after a look at what would happen, and dropped after a question."""

from __future__ import annotations

import re

import pytest
from httpx import Response

from cobi.domain.moments import HOUR
from cobi.domain.records import RECORD_TYPES
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person
from tests.factories import minimal, upload


@pytest.fixture
def refused(service: Service) -> Service:
    upload(service, "shops", *(minimal("shops", number, region="Bahrain") for number in range(3)))
    upload(service, "tags", minimal("tags", name=None))
    return service


def token(person: Person) -> str:
    return re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/quality").text)[0]


def mend(person: Person, act: str, value: str = "BH", verb: str = "set", **more: str) -> Response:
    fields = {"type": "shops", "verb0": verb, "field0": "region", "value0": value, "act": act, **more}
    return person.send("/quality/mend", None, form_token=token(person), **fields)


def test_refusals_are_counted_by_reason_and_shown_as_they_were_sent(person: Person, refused: Service) -> None:
    html = person.get("/quality?type=shops").text
    assert html.count("As it was sent") == 3
    assert "&#34;Bahrain&#34;" in html
    assert "As it was sent" not in person.get("/quality?code=no_such_code").text


def test_a_dry_run_says_what_would_happen_and_changes_nothing(person: Person, refused: Service) -> None:
    assert "Of 3 records 3 would be stored and 0 would stay" in mend(person, "try").text
    assert person.get("/quality?type=shops").text.count("As it was sent") == 3


def test_before_there_are_rules_one_sees_what_waits_for_them(person: Person, refused: Service) -> None:
    html = person.get("/quality/mend?type=shops").text
    assert "3 waiting" in html
    assert html.count("<code>region</code>") == 3
    assert "What they look like" not in mend(person, "try").text


def test_what_is_mended_for_real_leaves(person: Person, refused: Service) -> None:
    leads = mend(person, "store").headers["Location"]
    html = person.get(leads).text
    assert "3 stored, 0 still refused" in html
    assert "As it was sent" not in html


def test_a_dry_run_shows_fields_before_and_after_and_what_is_still_wrong(
    person: Person, service: Service
) -> None:
    upload(service, "shops", minimal("shops", 1, region="Bahrain"))
    upload(service, "shops", minimal("shops", 2, region="Bahrain", name=""))
    html = mend(person, "try", "Bahrain", "replace", by0="BH").text
    assert html.count("would be stored</span>") == html.count("would stay</span>") == 1
    changed = r"<code>region</code></th><td><code>&#34;Bahrain&#34;</code></td><td><code>&#34;BH&#34;</code>"
    assert len(re.findall(changed, html)) == 2
    assert re.search(r"<code>name</code></th>.*class=\"wrong\"", html)


def test_every_kind_of_rule_can_be_given(person: Person, service: Service) -> None:
    sent = minimal("transactions", region="Bahrain", amount="12.50", savings=None, note=1)
    sent["discount"] = sent.pop("offer_id", None) or "20"
    upload(service, "shops", minimal("shops"))
    upload(service, "transactions", sent)
    rules = [
        ("replace", "region", "Bahrain", "BH"),
        ("read", "amount", "", ""),
        ("default", "savings", "0", ""),
        ("rename", "discount", "discount_name", ""),
        ("drop", "note", "", ""),
        ("set", "source", '"online"', ""),
    ]
    names = ("verb", "field", "value", "by")
    fields = {f"{name}{at}": row[of] for at, row in enumerate(rules) for of, name in enumerate(names)}
    form = {"type": "transactions", "code": "", "act": "store", **fields}
    leads = person.send("/quality/mend", None, form_token=token(person), **form).headers["Location"]
    assert "1 stored, 0 still refused" in person.get(leads).text
    [stored] = service.read_page(RECORD_TYPES["transactions"], 10, None)["records"]
    told = {name: stored[name] for name in ("region", "amount", "savings", "discount_name", "source")}
    assert told == {
        "region": "BH", "amount": 12.5, "savings": 0, "discount_name": "20", "source": "online",
    }  # fmt: skip


def test_what_is_applied_is_what_was_tried(person: Person, refused: Service) -> None:
    html = mend(person, "try").text
    apply = html[html.index('class="apply"') :]
    sent = dict(re.findall(r'name="((?:verb|field|value|by)\d+)" value="([^"]*)"', apply))
    assert sent == {"verb0": "set", "field0": "region", "value0": "BH", "by0": ""}
    assert "for real" not in mend(person, "try", value="AE", verb="default").text


def test_arrivals_and_refusals_are_drawn_over_time_with_their_tables(
    person: Person, refused: Service, clock: SettableClock
) -> None:
    clock.advance(13 * HOUR)
    upload(refused, "tags", minimal("tags", 1))
    html = person.get("/quality?by=day").text
    assert re.search(r"15 Jun</th><td>3</td><td>1</td>", html)
    assert re.search(r"16 Jun</th><td>0</td><td>1</td>", html)
    assert "refused records by day" in html
    of_shops = person.get("/quality?by=hour&type=shops").text
    assert re.search(r"15 Jun, 12:00</th><td>0</td><td>0</td><td>3</td>", of_shops)
    assert "unknown region, by hour" in of_shops


def test_what_became_of_all_that_was_refused_is_told(person: Person, refused: Service) -> None:
    mend(person, "store")
    html = person.get("/quality").text
    assert "4 records, ever" in html
    assert re.search(r"Waiting</dt><dd>1 ", html)
    assert re.search(r"Mended or passed later</dt><dd>3 ", html)


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
