"""Recommendations, segments and the report over HTTP (contract §4 and §5, D27 to D31)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.factories import an_id, interaction, minimal

STUDENT = f"/v1/recommendations/customers/{an_id('customers')}"


def offers_of(answer: Any) -> list[str]:
    return answer.json()[0]["offers"]


def add(client: TestClient, kind: str, *records: Any) -> None:
    assert client.post(f"/v1/data/{kind}", json={"records": list(records)}).status_code == 200


def segment(client: TestClient, name: str = "Bahrain", **rule: Any) -> str:
    answer = client.post("/v1/segments", json={"name": name, "rule": rule})
    assert answer.status_code == 201, answer.text
    return answer.json()["segment_id"]


def test_the_answer_is_the_documented_array(market: TestClient) -> None:
    [answer] = market.get(STUDENT).json()
    assert uuid.UUID(answer.pop("recommendation_id"))
    assert answer == {
        "name": "Recommended For you",
        "student_id": an_id("customers"),
        "offers": [an_id("offers")],
        "type": "SELF",
    }


@pytest.mark.parametrize("query", ["", "?limit=3&exclude=", "?city=Al%20Muharraq", "?limit=3&limit=4"])
def test_usual_and_unusual_requests_are_answered_alike(market: TestClient, query: str) -> None:
    answer = market.get(f"{STUDENT}{query}")
    assert (answer.status_code, offers_of(answer)) == (200, [an_id("offers")])
    assert uuid.UUID(answer.headers["X-Request-Id"])
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "query", ["offset=1001", "offset=-1", "exclude=7", "platform=web", "city=%07", "city="]
)
def test_a_malformed_wish_is_refused(market: TestClient, query: str) -> None:
    answer = market.get(f"{STUDENT}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("malformed_parameter", "malformed_id")


def test_similar_offers_and_a_retold_answer_are_documented_objects(market: TestClient) -> None:
    add(market, "offers", *(minimal("offers", number) for number in range(3)))
    similar = market.get(f"/v1/recommendations/items/{an_id('offers')}").json()
    assert (similar["type"], similar["item_id"]) == ("SIMILAR", an_id("offers"))
    assert set(similar["offers"]) == {an_id("offers", 1), an_id("offers", 2)}
    path = f"/v1/recommendations/{similar['recommendation_id']}"
    told = market.get(f"{path}?why_not={an_id('offers')}").json()
    assert told["exact"]
    assert [cause["code"] for cause in told["why_not"]["removed_by"]] == ["excluded"]
    assert market.get(f"{path}?why_not=7").json()["code"] == "malformed_id"
    unknown = market.get(f"/v1/recommendations/{an_id('nothing')}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_recommendation")


def test_a_segments_answer_is_one_object(market: TestClient) -> None:
    identifier = segment(market, regions=["BH"])
    answer = market.get(f"/v1/recommendations/segments/{identifier}").json()
    assert uuid.UUID(answer.pop("recommendation_id"))
    assert answer == {
        "name": "Bahrain",
        "segment_id": identifier,
        "offers": [an_id("offers")],
        "type": "SEGMENT",
    }


def test_d27_with_segments_each_of_the_students_own_adds_an_object(market: TestClient) -> None:
    theirs = segment(market, regions=["BH"])
    segment(market, "Kuwait", regions=["KW"])
    own, of_segment = market.get(f"{STUDENT}?includeSegments=true").json()
    assert (own["type"], of_segment["type"]) == ("SELF", "SEGMENT")
    assert (of_segment["student_id"], of_segment["segment_id"]) == (an_id("customers"), theirs)
    assert own["recommendation_id"] != of_segment["recommendation_id"]


def test_d28_limit_and_regions_choose(market: TestClient) -> None:
    add(market, "offers", *(minimal("offers", number) for number in range(30)))
    add(market, "offers", minimal("offers", 30, region="AE"))
    assert len(offers_of(market.get(STUDENT))) == 10
    assert len(offers_of(market.get(f"{STUDENT}?limit=100"))) == 30
    assert offers_of(market.get(f"{STUDENT}?regions=ae")) == [an_id("offers", 30)]
    assert len(offers_of(market.get(f"{STUDENT}?regions=AE, BH&limit=100"))) == 31
    assert offers_of(market.get(f"{STUDENT}?regions=KW")) == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=٣",
        "limit=1e3",
        "regions=XX",
        "includeSegments=maybe",
        "item_type=x",
    ],
)
def test_d28_a_malformed_parameter_is_refused(market: TestClient, query: str) -> None:
    answer = market.get(f"{STUDENT}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_parameter")


def test_unknown_deleted_and_malformed_are_told_apart(market: TestClient) -> None:
    path = "/v1/recommendations/customers"
    assert market.get(f"{path}/7").json()["code"] == "malformed_id"
    assert market.get(f"{path}/{an_id('nobody')}").json()["code"] == "unknown_customer"
    unknown_segment = market.get(f"/v1/recommendations/segments/{an_id('nothing')}")
    assert (unknown_segment.status_code, unknown_segment.json()["code"]) == (404, "unknown_segment")
    add(market, "customers", minimal("customers", is_deleted=True))
    assert market.get(STUDENT).status_code == 404


def test_d30_every_answer_has_an_id_of_its_own(market: TestClient) -> None:
    ids = {market.get(STUDENT).json()[0]["recommendation_id"] for _ in range(20)}
    assert len(ids) == 20


def test_d31_extensions_are_absent_by_default_and_there_when_asked_for(market: TestClient) -> None:
    assert "reasons" not in market.get(STUDENT).json()[0]
    [explained] = market.get(f"{STUDENT}?explain=true").json()
    assert list(explained["reasons"]) == explained["offers"]
    for item_type in ("SHOP", "TAG", "KEYWORD"):
        [answer] = market.get(f"{STUDENT}?item_type={item_type}").json()
        assert "offers" not in answer
        assert answer["items"] == [an_id(f"{item_type.lower()}s")]


def test_a_click_on_an_answer_is_matched_and_reported(market: TestClient) -> None:
    [answer] = market.get(STUDENT).json()
    click = interaction(source="COBI", recommendation_id=answer["recommendation_id"])
    assert market.post("/user-interactions", json=click).status_code == 201
    report = market.get("/v1/reports/effectiveness").json()
    assert report["outcomes"]["MATCHED"] == 1
    assert report["total"]["clicked_impressions"] == 1
    assert market.get("/v1/reports/effectiveness?from=2026-06-16").json()["total"]["answers"] == 0


@pytest.mark.parametrize(
    "document",
    [
        7,
        [],
        {},
        {"name": "x"},
        {"name": "", "rule": {}},
        {"name": "x", "rule": []},
        {"name": "x", "rule": {"colour": "red"}},
        {"name": "x", "rule": {"regions": "BH"}},
        {"name": "x", "rule": {"regions": ["XX"]}},
        {"name": "x", "rule": {"min_age": 20, "max_age": 19}},
        {"name": "x", "rule": {"min_age": True}},
        {"name": "x", "rule": {}, "segment_id": "7"},
        {"name": "x", "rule": {}, "more": 1},
    ],
)
def test_a_malformed_segment_is_refused(market: TestClient, document: Any) -> None:
    answer = market.post("/v1/segments", json=document)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_the_same_segment_again_is_the_same_and_another_rule_is_a_conflict(market: TestClient) -> None:
    assert segment(market, regions=["BH"]) == segment(market, regions=["BH"])
    answer = market.post("/v1/segments", json={"name": "Bahrain", "rule": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "segment_exists")
    assert [one["members"] for one in market.get("/v1/segments").json()["segments"]] == [1]
