"""The page of effectiveness says what the report says, and every figure leads to its rows."""

from __future__ import annotations

import re
from html import unescape

import pytest

from cobi.dashboard.effectiveness import figures
from cobi.domain.moments import SECOND
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person
from tests.factories import an_id, interaction, upload
from tests.marketplace import STUDENTS, marketplace


@pytest.fixture
def acted(person: Person, service: Service, clock: SettableClock, key: str) -> Person:
    """A day on which every student was shown a list, and revealed its first code."""
    marketplace(service)
    service.learning.train(promote=True)
    headers = {"Authorization": f"Bearer {key}"}
    acts = []
    for student in range(STUDENTS):
        url = f"/v1/recommendations/customers/{an_id('customers', student)}"
        told = person.client.get(url, headers=headers).json()[0]
        acts.append(
            interaction(
                interaction_type="DISCOUNT_CODE",
                student_id=an_id("customers", student),
                item_id=told["offers"][0],
                source="COBI",
                recommendation_id=told["recommendation_id"],
                event_timestamp=clock.now // SECOND + 1,
                platform="IOS",
            )
        )
    upload(service, "user-interactions", *acts)
    return person


def _link(html: str, text: str) -> str:
    [href] = re.findall(rf'href="([^"]+)"[^>]*>{text}</a>', html)[:1]
    return href.replace("&amp;", "&")


def test_each_figure_leads_to_as_many_rows_as_it_says(acted: Person) -> None:
    html = acted.get("/effectiveness").text
    for kind in ("answers", "interactions"):
        href = re.findall(rf'<td class="number"[^>]*><a href="(/effectiveness/{kind}[^"]+)">(\d+)</a>', html)
        shown = acted.get(href[0][0].replace("&amp;", "&")).text
        assert shown.count("<tr><td>") == int(href[0][1]) == STUDENTS


def test_a_rate_leads_to_its_impressions_and_to_what_was_done_with_them(acted: Person) -> None:
    html = acted.get("/effectiveness").text
    assert _link(html, "[0-9.]+ %").startswith("/effectiveness/answers?")
    assert _link(html, f"{STUDENTS} revealed").startswith("/effectiveness/interactions?")
    assert _link(html, "[0-9]+ impressions").startswith("/effectiveness/answers?")


def test_what_became_of_claims_is_said_with_its_meaning(acted: Person, service: Service) -> None:
    foreign = interaction(source="COBI", recommendation_id=an_id("nothing"), item_id=an_id("offers"))
    upload(service, "user-interactions", foreign)
    claims = acted.get("/effectiveness").text.partition("What became of claims")[2]
    assert "Matched" in claims
    assert "does not count" in claims
    assert "nobody knows the list they name" in claims or "cannot have been given here" in claims
    assert "claims of the whole period" not in claims
    filtered = acted.get("/effectiveness?model_version=1").text.partition("What became of claims")[2]
    assert "claims of the whole period" in filtered


def test_a_claim_a_student_an_item_and_a_model_lead_on(acted: Person) -> None:
    html = acted.get("/effectiveness").text
    [(href, number)] = re.findall(r'<a href="(/effectiveness/claims[^"]+)">(\d+)<span', html)
    rows = acted.get(unescape(href)).text
    assert rows.count("<tr><td>") == int(number) == STUDENTS
    for page in (rows, acted.get("/effectiveness/interactions").text):
        for leads_to in (rf"/students/{an_id('customers', 3)}", r"/catalogue/offers/[^\"]+"):
            [there] = re.findall(rf'href="({leads_to})"', page)[:1]
            assert acted.get(there).status_code == 200
    assert 'href="/models/1"' in acted.get("/effectiveness/answers").text
    assert acted.get("/effectiveness/claims?outcome=nothing").status_code == 400


def test_any_other_period_may_be_compared_with(acted: Person) -> None:
    sent = "from=2026-06-15&to=2026-06-16&against=period&other_from=2026-06-10&other_to=2026-06-12"
    html = acted.get(f"/effectiveness?{sent}").text
    assert "compared:" in html
    assert '"period" selected' in html
    assert 'id="other_to" name="other_to" value="2026-06-12"' in html
    # Links go on with what the API calls it.
    assert "against=2026-06-10%2F2026-06-12" in html
    assert "compared:" not in acted.get("/effectiveness?against=period&other_from=2026-06-10").text


@pytest.mark.parametrize(
    "by", ["model_version", "arm", "region", "platform", "position", "day", "shop", "tag"]
)
def test_the_report_is_told_apart_by_each_dimension(acted: Person, by: str) -> None:
    shown = acted.get(f"/effectiveness?by={by}")
    assert shown.status_code == 200
    assert by == "tag" or f'">{STUDENTS}</td>' in re.sub(r"</?a[^>]*>", "", shown.text)


def test_the_address_holds_the_whole_view(acted: Person) -> None:
    query = "from=2026-06-10&to=2026-06-20&model_version=1&against=before&by=position"
    html = acted.get(f"/effectiveness?{query}").text
    for expected in ('value="2026-06-10"', 'value="2026-06-20"', '"1" selected', '"before" selected'):
        assert expected in html
    assert 'name="by" value="position"' in html


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.01, 0.03, "Higher: +"), (-0.03, -0.01, "Lower: −"), (-0.01, 0.03, "No more than chance: ")],
)
def test_a_comparison_says_in_words_how_sure_it_is(low: float, high: float, said: str) -> None:
    difference = {"value": (low + high) / 2, "low": low, "high": high}
    verdict = figures.verdict({"click_through_rate": difference}, "click_through_rate")
    assert verdict is not None
    assert verdict.startswith(said)


def test_what_is_compared_with_a_part_of_itself_gets_no_interval(acted: Person) -> None:
    html = acted.get("/effectiveness?from=2026-06-15&to=2026-06-16&against=model_version:1").text
    assert "compared:" in html
    assert 'class="verdict"' not in html


def test_a_launch_is_marked_on_its_day(acted: Person) -> None:
    assert "Model 1 promoted" in acted.get("/effectiveness").text


@pytest.mark.parametrize(("written", "begins"), [("csv", b"day,model_version"), ("parquet", b"PAR1")])
def test_the_figures_are_taken_away_as_a_file(acted: Person, written: str, begins: bytes) -> None:
    html = acted.get("/effectiveness").text
    taken = acted.get(_link(html, "CSV" if written == "csv" else "Parquet"))
    assert taken.content.startswith(begins)
    assert taken.headers["Content-Disposition"].endswith(f'effectiveness.{written}"')


@pytest.mark.parametrize(
    "query",
    ["against=x", "against=before&from=2026-06-10", "by=nothing", "position=0", "platform=IOS&position=1"],
)
def test_what_cannot_be_asked_is_refused_in_words(acted: Person, query: str) -> None:
    assert acted.get(f"/effectiveness?{query}").status_code == 400
