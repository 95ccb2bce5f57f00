"""Keys over HTTP: an admin's business, and nobody's but their own organisation's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from httpx import Response
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.server.application import create_application
from tests.conftest import SettableClock


def make(client: TestClient, **wanted: object) -> dict[str, str]:
    made = client.post("/v1/keys", json={"scopes": ["ingest"], **wanted})
    assert made.status_code == 201
    return made.json()


def data_with(client: TestClient, key: str) -> Response:
    return client.get("/v1/data", headers={"Authorization": f"Bearer {key}"})


def test_a_key_is_shown_when_it_is_made_and_never_again(client: TestClient) -> None:
    made = client.post("/v1/keys", json={"scopes": ["ingest"], "label": "importer", "expires_in": "90d"})
    assert made.headers["Cache-Control"] == "no-store"
    shown = made.json()
    assert data_with(client, shown["key"]).status_code == 200
    listed = client.get("/v1/keys")
    assert shown["key"] not in listed.text
    assert (listed.json()["keys"][-1]["id"], listed.json()["keys"][-1]["expires"]) == (
        shown["id"],
        "2026-09-13T12:00:00Z",
    )


def test_a_revoked_key_is_unauthorized_with_the_next_request(client: TestClient) -> None:
    shown = make(client)
    assert data_with(client, shown["key"]).status_code == 200
    assert client.delete(f"/v1/keys/{shown['id']}").json()["status"] == "revoked"
    assert data_with(client, shown["key"]).status_code == 401


def test_both_keys_open_during_the_overlap_of_a_rotation(client: TestClient, clock: SettableClock) -> None:
    old = make(client)
    new = client.post(f"/v1/keys/{old['id']}/rotate", json={"overlap": "1h"}).json()
    assert [data_with(client, key["key"]).status_code for key in (old, new)] == [200, 200]
    clock.advance(3600 * 1_000_000)
    assert [data_with(client, key["key"]).status_code for key in (old, new)] == [401, 200]
    assert client.post(f"/v1/keys/{new['id']}/rotate").status_code == 201


def test_only_admin_has_to_do_with_keys(client: TestClient) -> None:
    plain = make(client, scopes=["ingest", "recommend", "report"])
    theirs = {"Authorization": f"Bearer {plain['key']}"}
    for method, path in [
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", f"/v1/keys/{plain['id']}"),
        ("POST", f"/v1/keys/{plain['id']}/rotate"),
    ]:
        assert client.request(method, path, headers=theirs).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        {},
        {"scopes": "ingest"},
        {"scopes": []},
        {"scopes": [7]},
        {"scopes": ["everything"]},
        {"scopes": ["ingest"], "label": ""},
        {"scopes": ["ingest"], "label": 7},
        {"scopes": ["ingest"], "expires_in": "soon"},
        {"scopes": ["ingest"], "expires_in": "0s"},
        {"scopes": ["ingest"], "expires_in": 90},
        {"scopes": ["ingest"], "expires_in": "999999999w"},
        {"scopes": ["ingest"], "expires": "2026-09-13"},
    ],
)
def test_what_is_no_key_to_make_is_refused(client: TestClient, wanted: object) -> None:
    before = client.get("/v1/keys").json()
    assert client.post("/v1/keys", json=wanted).status_code == 400
    assert client.get("/v1/keys").json() == before


def test_d3_two_server_processes_let_exactly_the_limit_through(
    settings: Settings, clock: SettableClock, key: str
) -> None:
    limited = replace(settings, data_requests_per_minute=10)
    processes = [TestClient(create_application(limited, clock)) for _ in range(2)]
    with processes[0] as one, processes[1] as other:
        answers = [data_with(client, key) for client in (one, other, other) * 6]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 8
    assert ";r=9;" in answers[0].headers["RateLimit"]
    assert ";r=0;" in answers[9].headers["RateLimit"]
