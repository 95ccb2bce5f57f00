"""Forms that change something are taken from their own session alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.dashboard import routes
from cobi.dashboard.door import Dashboard
from cobi.dashboard.forms import MOST_BYTES
from cobi.server.application import create_application
from tests.conftest import SettableClock
from tests.dashboard.conftest import Person


@post("/change", status_code=200)
async def change(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Response[str]:
    visit, form = await dashboard.act(request, "admin")
    return Response(f"{visit.by} {sorted(form.items())}")


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, settings: Settings, clock: SettableClock) -> Iterator[Person]:
    monkeypatch.setattr(routes, "HANDLERS", [*routes.HANDLERS, change])
    with TestClient(create_application(settings, clock), raise_server_exceptions=False) as client:
        yield Person(client)


@pytest.fixture
def token(person: Person) -> str:
    [found] = re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/").text)
    return found


def test_a_form_of_the_session_is_taken(person: Person, token: str) -> None:
    taken = person.send("/change", form_token=token, name="é & =")
    assert taken.status_code == 200
    assert "[('name', 'é & =')]" in taken.text


def test_a_script_may_send_the_token_as_a_header(person: Person, token: str) -> None:
    assert person.send("/change", headers={"X-Form-Token": token}, name="x").status_code == 200


@pytest.mark.parametrize("wrong", ["", "0" * 64, "é", "x" * 9999])
def test_a_form_with_another_token_is_refused(person: Person, wrong: str) -> None:
    refused = person.send("/change", form_token=wrong)
    assert (refused.status_code, "made in another session" in refused.text) == (403, True)


def test_the_token_of_another_session_is_refused(person: Person, token: str, key: str) -> None:
    person.sign_in(key)
    assert person.send("/change", form_token=token).status_code == 403


def test_a_form_from_another_site_is_refused_even_with_the_token(person: Person, token: str) -> None:
    headers = {"Origin": "https://example.org"}
    assert person.send("/change", headers=headers, form_token=token).status_code == 403


def test_whoever_is_signed_out_is_asked_to_sign_in(stranger: Person) -> None:
    assert stranger.send("/change").headers["Location"] == "/sign-in"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=" + b"x" * MOST_BYTES, 413),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"\xff=1", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"&".join([b"a=1"] * 2000), 400),
    ],
)
def test_what_is_no_form_is_refused(
    person: Person, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = person.client.post("/change", content=body, headers=headers)
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
