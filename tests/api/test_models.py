"""Models over HTTP: who may look, who may change which one answers, and how refusals look."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import TestClient

from cobi.service.registry import Registry
from tests.api.conftest import Post
from tests.conftest import CAMPUS
from tests.factories import an_id
from tests.marketplace import marketplace


@pytest.fixture
def two(client: TestClient, registry: Registry) -> TestClient:
    """A live model 1 and a candidate 2."""
    service = registry.named(CAMPUS)
    marketplace(service)
    service.learning.train()
    service.learning.train()
    return client


def test_models_are_listed_read_and_compared(two: TestClient) -> None:
    page = two.get("/v1/models", params={"limit": 1}).json()
    assert [model["version"] for model in page["models"]] == [2]
    assert page["live"]["version"] == 1
    rest = two.get("/v1/models", params={"cursor": page["next_cursor"]}).json()
    assert [model["state"] for model in rest["models"]] == ["live"]
    assert two.get("/v1/models/2").json()["decisions"][0]["verdict"] == "not_enough_evidence"
    compared = two.get("/v1/models/compare", params={"a": 1, "b": 2}).json()
    assert (compared["a"]["version"], compared["b"]["version"]) == (1, 2)


def test_promoting_and_going_back_say_which_key_did_it(two: TestClient) -> None:
    promoted = two.post("/v1/models/2/promote", json={"reason": "a try"})
    assert (promoted.status_code, promoted.json()["state"]) == (200, "live")
    event = promoted.json()["history"][-1]
    assert event["by"].startswith("key ")
    assert event["reason"] == "a try"
    assert two.post("/v1/models/rollback").json() == {
        "live": 1,
        "rolled_back": 2,
        "reason": "rolled back by hand",
    }
    again = two.post("/v1/models/rollback")
    assert (again.status_code, again.json()["code"]) == (409, "no_earlier_model")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/models/0", None, 400, "malformed_parameter"),
        ("GET", "/v1/models/x", None, 400, "malformed_parameter"),
        ("GET", "/v1/models/99999999999999999999", None, 400, "malformed_parameter"),
        ("GET", "/v1/models/3", None, 404, "unknown_model"),
        ("GET", "/v1/models/compare?a=1", None, 400, "malformed_parameter"),
        ("GET", "/v1/models/compare?a=1&b=3", None, 404, "unknown_model"),
        ("GET", "/v1/models?cursor=x", None, 400, "malformed_cursor"),
        ("POST", "/v1/models/3/promote", None, 404, "unknown_model"),
        ("POST", "/v1/models/2/promote", [], 400, "malformed_body"),
        ("POST", "/v1/models/2/promote", {"because": "x"}, 400, "malformed_body"),
        ("POST", "/v1/models/2/promote", {"reason": "\0"}, 400, "malformed_body"),
        ("POST", "/v1/models/train", {"incremental": 1}, 400, "malformed_body"),
        ("POST", "/v1/models/evaluate", {"k": 5}, 400, "malformed_body"),
        ("GET", "/v1/models/evaluations/x", None, 400, "malformed_id"),
        ("GET", f"/v1/models/evaluations/{an_id('jobs')}", None, 404, "unknown_job"),
        ("DELETE", f"/v1/models/evaluations/{an_id('jobs')}", None, 404, "unknown_job"),
    ],
)
def test_what_cannot_be_done_says_why(
    two: TestClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = two.request(method, path, json=body) if body is not None else two.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_looking_needs_report_and_changing_needs_admin(
    client: TestClient, registry: Registry, post: Post
) -> None:
    reader = registry.create_key(CAMPUS, frozenset({"report"}))
    headers = {"Authorization": f"Bearer {reader}"}
    for path in ("/v1/models", "/v1/models/evaluations"):
        assert client.get(path, headers=headers).status_code == 200
    for path in ("/v1/models/1/promote", "/v1/models/rollback", "/v1/models/evaluate"):
        assert client.post(path, headers=headers).status_code == 403
