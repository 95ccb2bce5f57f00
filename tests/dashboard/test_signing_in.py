"""Signing in: who gets in, for how long, and what keeps others out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.dashboard.attempts import MOST_FAILURES
from cobi.domain.moments import HOUR, SECOND
from cobi.server.application import create_application
from cobi.service.registry import Registry
from cobi.service.sessions import LASTS
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person

COOKIE = "cobi_session"


def test_whoever_is_not_signed_in_is_asked_to_and_goes_on_to_what_they_wanted(
    stranger: Person, key: str
) -> None:
    asked = stranger.get("/?from=2026-06-01&region=BH")
    assert (asked.status_code, asked.headers["Location"]) == (
        303,
        "/sign-in?next=/%3Ffrom%3D2026-06-01%26region%3DBH",
    )
    form = stranger.get(asked.headers["Location"])
    assert 'name="next" value="/?from=2026-06-01&amp;region=BH"' in form.text
    let_in = stranger.sign_in(key, next="/?from=2026-06-01&region=BH")
    assert (let_in.status_code, let_in.headers["Location"]) == (303, "/?from=2026-06-01&region=BH")
    assert stranger.get("/").status_code == 200


def test_the_session_lies_in_a_cookie_that_scripts_and_other_sites_cannot_reach(
    stranger: Person, key: str
) -> None:
    cookie = stranger.sign_in(key).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert key not in cookie


@pytest.mark.parametrize(("proxy", "secure"), [("https", True), ("http", False)])
def test_the_cookie_goes_over_https_alone_where_the_browser_speaks_it(
    stranger: Person, key: str, proxy: str, secure: bool
) -> None:
    sent = stranger.send("/sign-in", headers={"X-Forwarded-Proto": proxy}, key=key)
    assert ("Secure" in sent.headers["Set-Cookie"].split("; ")) == secure


@pytest.mark.parametrize("wrong", ["", "cobi_aaaaaaaaaaaa_" + "x" * 43, "<script>alert(1)</script>"])
def test_a_key_that_opens_nothing_is_told_so_and_not_shown_again(stranger: Person, wrong: str) -> None:
    refused = stranger.sign_in(wrong)
    assert refused.status_code == 401
    assert "This key opens nothing" in refused.text
    assert not wrong or wrong not in refused.text
    assert COOKIE not in refused.headers.get("Set-Cookie", "")


def test_too_many_failed_attempts_of_an_address_have_to_wait_a_minute(
    stranger: Person, key: str, clock: SettableClock
) -> None:
    for _ in range(MOST_FAILURES):
        assert stranger.sign_in("nobody's").status_code == 401
    refused = stranger.sign_in(key)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    clock.advance(60 * SECOND)
    assert stranger.sign_in(key).status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "/\tx", ""],
)
def test_nobody_is_led_to_another_site(stranger: Person, key: str, elsewhere: str) -> None:
    assert stranger.sign_in(key, next=elsewhere).headers["Location"] == "/"


def test_a_session_ends_with_its_time(person: Person, clock: SettableClock) -> None:
    clock.advance(LASTS - 1)
    assert person.get("/").status_code == 200
    clock.advance(1)
    assert person.get("/").status_code == 303


def test_a_session_ends_when_its_key_is_revoked(person: Person, key: str) -> None:
    authorised = {"Authorization": f"Bearer {key}"}
    [own] = person.client.get("/v1/keys", headers=authorised).json()["keys"]
    person.client.delete(f"/v1/keys/{own['id']}", headers=authorised)
    assert person.get("/").status_code == 303


def test_a_session_ends_when_its_key_expires(
    settings: Settings, stranger: Person, clock: SettableClock
) -> None:
    registry = Registry(settings, clock)
    short = registry.create_key("campus", frozenset({"report"}), lifetime=HOUR)
    registry.close()
    stranger.sign_in(short)
    clock.advance(HOUR)
    assert stranger.get("/").status_code == 303


def test_signing_out_ends_the_session_wherever_its_cookie_went(person: Person) -> None:
    stolen = person.client.cookies[COOKIE]
    assert person.send("/sign-out").headers["Location"] == "/sign-in"
    assert COOKIE not in person.client.cookies
    assert person.get("/", headers={"Cookie": f"{COOKIE}={stolen}"}).status_code == 303


def test_a_session_holds_at_every_process_of_the_server(
    person: Person, settings: Settings, clock: SettableClock
) -> None:
    with TestClient(create_application(settings, clock)) as other:
        cookie = f"{COOKIE}={person.client.cookies[COOKIE]}"
        assert other.get("/", headers={"Cookie": cookie}, follow_redirects=False).status_code == 200


@pytest.mark.parametrize("made_up", ["x", "x" * 5000, "é", '"'])
def test_a_made_up_session_is_nobodys(stranger: Person, made_up: str) -> None:
    assert stranger.get("/", headers={"Cookie": f"{COOKIE}={made_up}".encode()}).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/theme"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(person: Person, path: str, headers: dict[str, str]) -> None:
    assert person.send(path, headers=headers).status_code == 403
    assert person.get("/").status_code == 200


def test_a_form_that_came_by_a_proxy_of_another_name_is_taken(stranger: Person, key: str) -> None:
    headers = {"Origin": "https://cobi.example.org", "Sec-Fetch-Site": "same-origin"}
    assert stranger.send("/sign-in", headers=headers, key=key).status_code == 303


def test_a_key_opens_the_pages_of_its_scopes_alone(settings: Settings, stranger: Person) -> None:
    registry = Registry(settings)
    narrow = registry.create_key("campus", frozenset({"ingest"}))
    registry.close()
    stranger.sign_in(narrow)
    refused = stranger.get("/models")
    assert refused.status_code == 403
    assert "lacks the scope report" in refused.text


def test_requests_of_a_session_count_against_the_limit_of_its_key(
    settings: Settings, clock: SettableClock, key: str
) -> None:
    limited = replace(settings, data_requests_per_minute=1)
    with TestClient(create_application(limited, clock), raise_server_exceptions=False) as client:
        person = Person(client)
        person.sign_in(key)
        assert [person.get("/").status_code for _ in range(2)] == [200, 429]
