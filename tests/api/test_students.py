"""Erasing and exporting a student over HTTP."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.service.registry import Registry
from tests.conftest import CAMPUS
from tests.factories import an_id

STUDENT = f"/v1/data/customers/{an_id('customers')}"


def test_a_student_is_exported_then_erased_then_unknown(market: TestClient) -> None:
    export = market.get(f"{STUDENT}/export").json()
    assert export["customers"][0]["customer_id"] == an_id("customers")
    receipt = market.delete(STUDENT)
    assert (receipt.status_code, receipt.json()["stores"]["customers"]["removed"]) == (200, 1)
    assert market.get("/v1/erasures").json() == {"receipts": [receipt.json()]}
    for answer in (market.get(f"{STUDENT}/export"), market.delete(STUDENT)):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")
    recommended = market.get(f"/v1/recommendations/customers/{an_id('customers')}")
    assert recommended.json()["code"] == "unknown_customer"


@pytest.mark.parametrize(
    ("path", "code"),
    [(f"/v1/data/shops/{an_id('shops')}", "not_a_student"), ("/v1/data/customers/7", "malformed_id")],
)
def test_only_a_student_is_erased(market: TestClient, path: str, code: str) -> None:
    for answer in (market.delete(path), market.get(f"{path}/export")):
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("scope", ["ingest", "recommend", "report"])
def test_it_takes_an_admins_key(market: TestClient, settings: Settings, scope: str) -> None:
    registry = Registry(settings)
    key = registry.create_key(CAMPUS, frozenset([scope]))
    registry.close()
    market.headers["Authorization"] = f"Bearer {key}"
    answers = market.delete(STUDENT), market.get(f"{STUDENT}/export"), market.get("/v1/erasures")
    assert [answer.status_code for answer in answers] == [403, 403, 403]
