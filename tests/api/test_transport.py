"""Keys, scopes, limits and the one shape of errors (contract §1, D1 to D3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.server.application import create_application
from cobi.service.registry import Registry
from tests.conftest import SettableClock
from tests.factories import an_id, interaction, minimal

PATHS = [
    ("GET", "/v1/data"),
    ("GET", "/v1/data/tags"),
    ("GET", f"/v1/data/tags/{an_id('tags')}"),
    ("POST", "/v1/data/tags"),
    ("GET", "/user-interactions"),
    ("POST", "/user-interactions"),
    ("GET", "/v1/quarantine"),
    ("GET", f"/v1/quarantine/{an_id('tags')}"),
    ("POST", "/v1/quarantine/retry"),
    ("DELETE", "/v1/quarantine"),
    ("DELETE", f"/v1/quarantine/{an_id('tags')}"),
    ("GET", f"/v1/recommendations/customers/{an_id('customers')}"),
    ("GET", f"/v1/recommendations/segments/{an_id('segments')}"),
    ("GET", "/v1/segments"),
    ("POST", "/v1/segments"),
    ("POST", "/v1/segments/preview"),
    ("GET", "/v1/segments/suggestions"),
    ("PUT", f"/v1/segments/{an_id('segments')}"),
    ("DELETE", f"/v1/segments/{an_id('segments')}"),
    ("GET", "/v1/reports/effectiveness"),
    ("GET", "/v1/overview"),
    ("GET", "/v1/arrivals"),
    ("GET", "/v1/keys"),
    ("POST", "/v1/keys"),
    ("DELETE", "/v1/keys/abc"),
    ("POST", "/v1/keys/abc/rotate"),
]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nobody's", "Basic YTpi", "token"])
def test_d1_every_path_needs_a_known_key(client: TestClient, header: str) -> None:
    for method, path in PATHS:
        answer = client.request(method, path, headers={"Authorization": header})
        assert answer.status_code == 401
        body = answer.json()
        assert (body["error"], body["message"]) == ("Unauthorized", "Invalid or missing API key")
        assert body["code"] == "unauthorized"


def test_a_key_without_the_scope_is_told_which_one_it_lacks(settings: Settings, client: TestClient) -> None:
    registry = Registry(settings)
    key = registry.create_key("campus", frozenset({"recommend"}))
    registry.close()
    answer = client.post("/v1/data/tags", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
    assert "ingest" in answer.json()["message"]


def test_a_key_opens_its_own_organisation_only(settings: Settings, client: TestClient) -> None:
    client.post("/v1/data/tags", json={"records": [minimal("tags")]})
    registry = Registry(settings)
    key = registry.create_key("another campus", frozenset({"admin"}))
    registry.close()
    theirs = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/data/tags", headers=theirs).json()["records"] == []
    assert client.get(f"/v1/data/tags/{an_id('tags')}", headers=theirs).status_code == 404


def test_d2_every_error_has_one_shape_and_an_id_that_the_header_repeats(market: TestClient) -> None:
    answers = [
        market.get("/nowhere"),
        market.delete("/v1/data/tags"),
        market.get("/v1/data/nothing"),
        market.get("/v1/data/tags/7"),
        market.post("/v1/data/tags", content=b"{"),
        market.post("/user-interactions", json=interaction(item_type="SHOP")),
        market.get(f"/v1/recommendations/customers/{an_id('nobody')}"),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 404, 400, 400, 400, 404]
    for answer in answers:
        body = answer.json()
        assert {"error", "message", "code", "request_id"} <= body.keys()
        assert body["request_id"] == answer.headers["X-Request-Id"]


def test_d3_a_key_that_asks_too_often_is_told_when_to_come_back(
    settings: Settings, clock: SettableClock, key: str
) -> None:
    limited = replace(settings, recommendations_per_minute=2)
    with TestClient(create_application(limited, clock)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        path = f"/v1/recommendations/customers/{an_id('customers')}"
        answers = [client.get(path) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        refused = answers[-1]
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["RateLimit-Policy"].endswith(";q=2;w=60")
        assert ";r=0;t=" in refused.headers["RateLimit"]
        assert client.get("/v1/data/tags").status_code == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/data/tags", "GET, OPTIONS, POST"),
        (f"/v1/data/customers/{an_id('customers')}", "DELETE, GET, OPTIONS"),
        ("/health/live", "GET, OPTIONS"),
    ],
)
def test_options_and_405_name_every_method_of_a_path(client: TestClient, path: str, methods: str) -> None:
    asked, refused = client.options(path), client.patch(path)
    assert (asked.status_code, asked.headers["Allow"]) == (204, methods)
    assert refused.status_code == 405
    assert ", ".join(sorted(refused.headers["Allow"].split(", "))) == methods
