"""Keys: made and shown once, rotated, revoked, by whoever may and of their own organisation alone."""

from __future__ import annotations

import re

import pytest

from cobi.service.registry import Registry
from tests.conftest import CAMPUS
from tests.dashboard.conftest import Person

SECRET = re.compile(r"cobi_[a-z0-9]{12}_[A-Za-z0-9_-]{43}")


def token(person: Person) -> str:
    [found] = re.findall(r'name="form-token" content="([0-9a-f]{64})"', person.get("/keys").text)
    return found


def made(person: Person, **fields: str) -> str:
    shown = person.send("/keys", None, form_token=token(person), **fields)
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    return SECRET.findall(shown.text)[0]


def test_a_key_is_shown_once_and_opens_what_it_may(person: Person) -> None:
    secret = made(person, label="importer", report="on", expires_in="90d")
    page = person.get("/keys").text
    assert "importer" in page
    assert secret not in page
    headers = {"Authorization": f"Bearer {secret}"}
    assert person.client.get("/v1/models", headers=headers).status_code == 200
    assert person.client.get("/v1/keys", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"label": "x"}, "a key needs a scope"),
        ({"report": "on", "expires_in": "soon"}, "is not a length of time"),
        ({"report": "on", "label": "a\x00b"}, "label contains NUL"),
    ],
)
def test_what_makes_no_key_is_said_beside_the_form(person: Person, fields: dict[str, str], said: str) -> None:
    refused = person.send("/keys", None, form_token=token(person), **fields)
    assert (refused.status_code, said in refused.text) == (400, True)
    assert SECRET.search(refused.text) is None


def test_a_rotated_key_goes_on_for_the_overlap(person: Person) -> None:
    old = made(person, report="on")
    path = f"/keys/{old.split('_')[1]}/rotate"
    assert "Both open the door during the overlap" in person.get(path).text
    shown = person.send(path, form_token=token(person), overlap="0s")
    new = SECRET.findall(shown.text)[0]
    opened = [
        person.client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code
        for key in (old, new)
    ]
    assert opened == [401, 200]


def test_a_revoked_key_opens_nothing(person: Person) -> None:
    secret = made(person, report="on", label="lost")
    path = f"/keys/{secret.split('_')[1]}/revoke"
    assert "This cannot be taken back" in person.get(path).text
    assert person.send(path, form_token=token(person)).headers["Location"] == "/keys"
    assert person.client.get("/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert person.get(path).status_code == 404


def test_revoking_ones_own_key_warns_and_signs_out(person: Person, key: str) -> None:
    path = f"/keys/{key.split('_')[1]}/revoke"
    assert "you will be signed out" in person.get(path).text
    person.send(path, form_token=token(person))
    assert person.get("/keys").headers["Location"].startswith("/sign-in")


def test_keys_of_another_organisation_are_not_there(person: Person, registry: Registry) -> None:
    other = registry.create_key("elsewhere", frozenset({"report"})).split("_")[1]
    assert other not in person.get("/keys").text
    for action in ("rotate", "revoke"):
        assert person.get(f"/keys/{other}/{action}").status_code == 404
        assert person.send(f"/keys/{other}/{action}", form_token=token(person)).status_code == 404


def test_keys_are_seen_with_admin_alone(person: Person, registry: Registry) -> None:
    person.sign_in(registry.create_key(CAMPUS, frozenset({"report"})))
    assert person.get("/keys").status_code == 403
    assert 'href="/keys"' not in person.get("/models").text
