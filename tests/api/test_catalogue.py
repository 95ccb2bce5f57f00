"""The catalogue over HTTP: who may ask what, and what is refused."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.service.registry import Registry
from tests.conftest import CAMPUS
from tests.factories import an_id

OFFERS = "/v1/catalogue/offers"


def test_offers_are_told_with_how_they_did(market: TestClient) -> None:
    told = market.get(OFFERS, params={"performance": "true", "sort": "code_reveal_rate"}).json()
    [one] = told["records"]
    assert (one["id"], one["eligible"], told["matching"]) == (an_id("offers"), True, 1)
    assert one["performance"]["click_through_rate"] == {"value": None, "low": 0, "high": 1}
    assert market.get(OFFERS, params={"search": "%"}).json()["records"][0].keys() == {
        "id", "name", "region", "shop_id", "shop", "is_deleted",
    }  # fmt: skip


def test_an_item_and_what_resembles_it(market: TestClient) -> None:
    told = market.get(f"{OFFERS}/{an_id('offers')}", params={"from": "2026-06-01", "to": "2026-06-03"}).json()
    assert [one["day"] for one in told["by_day"]] == ["2026-06-01", "2026-06-02"]
    assert told["record"]["offer_id"] == an_id("offers")
    assert market.get(f"{OFFERS}/{an_id('offers')}/similar").json()["items"] == []
    assert market.get(f"/v1/catalogue/shops/{an_id('shops')}/similar").json()["kind"] == "shops"
    for path in (f"{OFFERS}/{an_id('shops')}", f"{OFFERS}/{an_id('shops')}/similar"):
        assert market.get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "first", "end"),
    [
        ("from=2026-06-01", "2026-06-01", "9999-12-31"),
        ("to=2026-06-01", "2026-05-04", "2026-06-01"),
        ("from=1990-01-01&to=2026-06-01", "1990-01-01", "2026-06-01"),
        ("from=2026-06-01&to=2026-06-01", "2026-06-01", "2026-06-02"),
    ],
)
def test_a_period_may_have_one_end(market: TestClient, query: str, first: str, end: str) -> None:
    told = market.get(f"/v1/catalogue/offers?performance=true&{query}").json()
    assert (told["from"], told["to"]) == (first, end)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("performance=maybe", "malformed_parameter"),
        ("performance=true&sort=luck", "malformed_parameter"),
        ("performance=true&expiring_within=0", "malformed_parameter"),
        ("performance=true&unshown=-1", "malformed_parameter"),
        ("performance=true&from=2026-06-02&to=2026-06-01", "malformed_parameter"),
        (f"performance=true&shop_id={an_id('shops')}&tag_id={an_id('tags')}", "malformed_parameter"),
        ("performance=true&shop_id=7", "malformed_id"),
        ("performance=true&cursor=x", "malformed_cursor"),
        ("sort=impressions", "malformed_parameter"),
        ("search=%00", "malformed_parameter"),
    ],
)
def test_what_cannot_be_asked_is_told(market: TestClient, query: str, code: str) -> None:
    refused = market.get(f"{OFFERS}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_a_period_may_reach_to_the_end_of_time(market: TestClient) -> None:
    period = {"from": "9999-12-01", "to": "9999-12-31T23:59:59"}
    told = market.get(OFFERS, params={"performance": "true", **period})
    assert (told.status_code, told.json()["to"]) == (200, "9999-12-31")
    assert market.get(f"{OFFERS}/{an_id('offers')}", params=period).status_code == 200


def test_what_only_offers_have_is_not_asked_of_shops(market: TestClient) -> None:
    for query in ("expiring_within=7", "unshown=0", "region=BH", "sort=expires"):
        assert market.get(f"/v1/catalogue/shops?performance=true&{query}").status_code == 400
    assert market.get("/v1/catalogue/planets").json()["code"] == "unknown_type"


def test_figures_take_the_scope_of_reports(market: TestClient, settings: Settings) -> None:
    registry = Registry(settings)
    keys = {scope: registry.create_key(CAMPUS, frozenset([scope])) for scope in ("recommend", "report")}
    registry.close()

    def statuses(scope: str) -> list[int]:
        market.headers["Authorization"] = f"Bearer {keys[scope]}"
        paths = ("", "?performance=true", f"/{an_id('offers')}", f"/{an_id('offers')}/similar")
        return [market.get(f"{OFFERS}{path}").status_code for path in paths]

    assert statuses("recommend") == [200, 403, 403, 200]
    assert statuses("report") == [403, 200, 200, 403]
