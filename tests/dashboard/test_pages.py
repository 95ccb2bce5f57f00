"""What holds for every page: nothing from elsewhere, nothing inline, nothing kept, nothing of another organisation."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from cobi.config.settings import Settings
from cobi.dashboard.frame import PLACES
from cobi.dashboard.routes import HANDLERS
from cobi.domain.errors import StorageUnavailable
from cobi.service.registry import Registry
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person
from tests.factories import minimal, upload

PAGES = ["/sign-in", *(place.path for place in PLACES)]
SCRIPTS_LIMIT = 30_000


class Inline(HTMLParser):
    """Collects what a strict policy would block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in named):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in named if name == "style" or name.startswith("on")]
        self.found += [
            f"{tag} {value}"
            for name, value in attrs
            if name in ("src", "href", "action") and value and not value.startswith(("/", "#", "?"))
        ]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_to_its_own_policy(person: Person, path: str) -> None:
    shown = person.client.get(path)
    assert shown.status_code == 200
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert Inline(shown.text).found == []
    assert (shown.headers["Cache-Control"], shown.headers["X-Content-Type-Options"]) == (
        "no-store",
        "nosniff",
    )


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_page_names_its_place_and_has_one_heading(person: Person, path: str) -> None:
    html = person.get(path).text
    assert html.count('aria-current="page"') == 1
    assert html.count("<h1") == 1


def test_an_error_page_has_the_policy_too_and_says_nothing_of_the_inside(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("cobi.service.reports.Reports.overview", fail)
    shown = person.get("/")
    assert (shown.status_code, "the inside" in shown.text) == (500, False)
    assert shown.headers["X-Request-Id"] in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_a_page_of_a_database_that_is_away_says_when_to_try_again_and_leads_back_to_itself(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr("cobi.service.models.Models.list", away)
    shown = person.get("/models?cursor=a%26b")
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "5")
    assert "Try again in 5 s; nothing is stored twice." in shown.text
    assert '<a class="button" href="/models?cursor=a%26b">Try again</a>' in shown.text


def test_an_error_page_of_whoever_is_signed_in_leads_on_to_what_they_may_see(
    person: Person, stranger: Person, registry: Registry
) -> None:
    lost = person.get("/segments/00000000-0000-0000-0000-000000000009")
    assert lost.status_code == 404
    assert lost.text.count('aria-current="page"') == 1
    assert 'href="/segments">To Segments' in lost.text
    assert Inline(lost.text).found == []
    stranger.sign_in(registry.create_key("campus", frozenset(["ingest"])))
    refused = stranger.get("/models")
    assert refused.status_code == 403
    assert 'href="/quality">To Data quality' in refused.text
    assert 'href="/models"' not in refused.text
    assert stranger.get("/").headers["Location"] == "/quality"


def test_assets_are_named_after_their_content_and_kept_for_ever(person: Person) -> None:
    html = person.get("/").text
    for address in set(re.findall(r'"(/assets/[^"]+)"', html)):
        served = person.get(address)
        assert re.fullmatch(r"/assets/\w+\.[0-9a-f]{12}\.\w+", address)
        assert "immutable" in served.headers["Cache-Control"]
        assert served.headers["Content-Encoding"] == "gzip"
        assert person.get(address, headers={"Accept-Encoding": "identity"}).content == served.content
    assert person.get("/assets/cobi.000000000000.js").status_code == 404


def test_all_scripts_together_stay_small(person: Person) -> None:
    [address] = re.findall(r'src="(/assets/[^"]+)"', person.get("/").text)
    assert len(person.get(address).content) < SCRIPTS_LIMIT


def test_every_form_that_changes_something_takes_a_token_of_the_session(person: Person) -> None:
    open_to_all = {"/sign-in", "/sign-out", "/theme"}
    for handler in HANDLERS:
        for path in handler.paths - open_to_all:
            if "POST" in handler.http_methods:
                address = re.sub(r"{\w+:\w+}", "1", path)
                assert person.send(address, name="x").status_code == 403, path
                assert person.send(address, form_token="0" * 64).status_code == 403, path


@pytest.mark.parametrize("path", PAGES[1:])
def test_what_others_named_is_shown_as_text(
    person: Person, settings: Settings, clock: SettableClock, path: str
) -> None:
    hostile = '"><script>alert(1)</script>'
    registry = Registry(settings, clock)
    service = registry.named("campus")
    upload(service, "shops", minimal("shops", name=hostile))
    upload(service, "offers", minimal("offers", name=hostile))
    registry.close()
    assert "<script>alert" not in person.get(path).text


def test_the_theme_and_the_zone_are_the_viewers(person: Person) -> None:
    assert person.send("/theme", theme="dark", next="/").headers["Location"] == "/"
    assert 'data-theme="dark"' in person.get("/").text
    person.send("/theme", theme='"><b>')
    assert 'data-theme="auto"' in person.get("/").text


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "x" * 100, "Nowhere/Else", "\x00"])
def test_a_zone_that_is_none_is_passed_over(person: Person, zone: str) -> None:
    assert person.get("/", headers={"Cookie": f"cobi_zone={zone}"}).status_code in (200, 303)


def test_an_address_that_is_none_is_a_page_to_people_and_json_to_programs(person: Person) -> None:
    shown = person.client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (shown.status_code, shown.headers["Content-Type"][:9]) == (404, "text/html")
    assert "There is no page at this address." in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert Inline(shown.text).found == []
    for path, accept in (("/nowhere", "application/json"), ("/v1/nowhere", "text/html")):
        told = person.client.get(path, headers={"Accept": accept})
        assert told.json()["code"] == "unknown_path"
