"""Segments over HTTP: made, counted, tried out, changed and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import TestClient

from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal

SEGMENTS = "/v1/segments"
STUDENT = f"/v1/recommendations/customers/{an_id('customers')}?includeSegments=true"
SEEN = {"did": {"shops": [an_id("shops")], "types": ["PAGE_VIEW"], "within_days": 7}}


def make(client: TestClient, name: str, rule: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(SEGMENTS, json={"name": name, "rule": rule})
    assert answer.status_code == 201, answer.text
    return answer.json()


def members(client: TestClient, segment: dict[str, Any]) -> int:
    return client.get(f"{SEGMENTS}/{segment['segment_id']}").json()["members"]


def act(client: TestClient, **changes: Any) -> None:
    assert client.post("/user-interactions", json=interaction(**changes)).status_code == 201


def test_a_size_follows_what_students_do(market: TestClient, clock: SettableClock) -> None:
    segment = make(market, "seen lately", SEEN)
    assert (segment["members"], segment["counted"], segment["rule"]) == (
        None,
        None,
        {"did": {**SEEN["did"], "at_least": 1}},
    )
    assert members(market, segment) == 0
    act(market)
    assert members(market, segment) == 1
    clock.advance(8 * 24 * HOUR)
    assert members(market, segment) == 0


def test_an_interaction_acknowledged_counts_in_the_next_answer_for_segments(market: TestClient) -> None:
    make(market, "seen lately", SEEN)
    assert [one["name"] for one in market.get(STUDENT).json()] == ["Recommended For you"]
    act(market)
    assert [one["name"] for one in market.get(STUDENT).json()] == ["Recommended For you", "seen lately"]


def test_a_preview_tells_how_many_who_and_what_and_stores_nothing(market: TestClient) -> None:
    act(market)
    shown = market.post(f"{SEGMENTS}/preview", json={"rule": SEEN}).json()
    assert shown == {
        "rule": {"did": {**SEEN["did"], "at_least": 1}},
        "members": 1,
        "students": 1,
        "counted": "2026-06-15T12:00:00Z",
        "sample": [an_id("customers")],
        "offers": [an_id("offers")],
        "names": {an_id("shops"): "Pizza Corner"},
    }
    assert market.get(SEGMENTS).json() == {"segments": [], "names": {}}
    assert market.get("/v1/reports/effectiveness").json()["total"]["answers"] == 0


def test_a_changed_segment_keeps_its_id_and_its_new_rule_holds_at_once(market: TestClient) -> None:
    segment = make(market, "Kuwait", {"regions": ["KW"]})
    path = f"{SEGMENTS}/{segment['segment_id']}"
    changed = market.put(path, json={"name": "Bahrain", "rule": {"regions": ["BH"]}})
    assert (changed.status_code, changed.json()["members"]) == (200, 1)
    assert market.get(path).json() == changed.json()
    assert [one["name"] for one in market.get(STUDENT).json()] == ["Recommended For you", "Bahrain"]


def test_no_segment_takes_anothers_name(market: TestClient) -> None:
    make(market, "Bahrain", {"regions": ["BH"]})
    other = make(market, "Kuwait", {"regions": ["KW"]})
    document = {"name": "Bahrain", "rule": {}}
    answer = market.put(f"{SEGMENTS}/{other['segment_id']}", json=document)
    assert (answer.status_code, answer.json()["code"]) == (409, "segment_exists")
    unknown = market.put(f"{SEGMENTS}/{an_id('segments', 9)}", json={"name": "x", "rule": {}})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_segment")


def test_a_deleted_segment_is_gone_and_its_name_is_free(market: TestClient) -> None:
    segment = make(market, "Bahrain", {"regions": ["BH"]})
    path = f"{SEGMENTS}/{segment['segment_id']}"
    assert market.delete(path).json() == {
        "segment_id": segment["segment_id"],
        "deleted": "2026-06-15T12:00:00Z",
    }
    assert [market.get(path).status_code, market.delete(path).status_code] == [404, 404]
    assert len(market.get(STUDENT).json()) == 1
    again = {"name": "Bahrain", "rule": {}, "segment_id": segment["segment_id"]}
    assert market.post(SEGMENTS, json=again).json()["code"] == "segment_exists"
    assert make(market, "Bahrain", {"regions": ["BH"]})["segment_id"] != segment["segment_id"]


@pytest.mark.parametrize("end", ["delete", "change"])
def test_a_claim_on_a_list_counts_though_its_segment_has_changed_since(
    market: TestClient, clock: SettableClock, end: str
) -> None:
    act(market)
    segment = make(market, "seen lately", SEEN)["segment_id"]
    clock.advance(HOUR)
    shown = market.get(f"/v1/recommendations/segments/{segment}").json()
    clock.advance(HOUR)
    if end == "delete":
        market.delete(f"{SEGMENTS}/{segment}")
    else:
        market.put(f"{SEGMENTS}/{segment}", json={"name": "x", "rule": {"regions": ["KW"]}})
    now = NOON // 1_000_000 + 7200
    act(market, source="COBI", recommendation_id=shown["recommendation_id"], event_timestamp=now)
    assert market.get("/v1/reports/effectiveness").json()["outcomes"]["MATCHED"] == 1


def test_a_click_does_not_undo_the_membership_it_was_shown_for(
    market: TestClient, clock: SettableClock
) -> None:
    segment = make(market, "idle", {"inactive_days": 7})["segment_id"]
    shown = market.get(f"/v1/recommendations/segments/{segment}").json()["recommendation_id"]
    for _ in range(2):
        clock.advance(HOUR)
        now = clock.now // 1_000_000
        act(market, source="COBI", recommendation_id=shown, event_timestamp=now)
    assert market.get("/v1/reports/effectiveness").json()["outcomes"]["MATCHED"] == 2
    assert market.get(f"{SEGMENTS}/{segment}").json()["members"] == 0


def nested(levels: int) -> dict[str, Any]:
    return {"not": nested(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"did": []}, "rule.did must be a JSON object"),
        ({"did": {"tag": []}}, "rule.did has no condition named 'tag'"),
        ({"did": {"tags": [an_id("tags"), "x"]}}, "rule.did.tags[1] "),
        ({"did": {"types": ["CLICK"]}}, "rule.did.types[0] must be one of FILTER_CLICK"),
        ({"did": {"within_days": 0}}, "rule.did.within_days must be a whole number from 1 to 3650"),
        ({"did": {"at_least": 1.5}}, "rule.did.at_least must be a whole number"),
        ({"bought": {"min_savings": -1}}, "rule.bought.min_savings must be a number"),
        ({"favourites": {"shops": "x"}}, "rule.favourites.shops must be a list"),
        ({"inactive_days": True}, "rule.inactive_days must be a whole number"),
        ({"any": []}, "rule.any must be a list of 1 to 8 rules"),
        ({"all": [{}, {"any": [{"regions": ["XX"]}]}]}, "rule.all[1].any[0].regions[0] "),
        ({"not": {"min_age": 9, "max_age": 8}}, "rule.not.min_age 9 is above max_age 8"),
        (nested(3), "rule.not.not.not lies deeper than 3 rules"),
        ({"any": [{}] * 9}, "rule.any must be a list of 1 to 8 rules"),
        ({"any": [{"all": [{}] * 8}] * 8}, "rule.any[5].all[3] is one more than the 50 rules"),
        (
            {"all": [{"did": {"tags": [an_id("tags")] * 1000}}] * 6},
            "rule.all[5].did.tags goes beyond the 5000",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_by_its_path(
    market: TestClient, rule: dict[str, Any], message: str
) -> None:
    for path, document in ((SEGMENTS, {"name": "x", "rule": rule}), (f"{SEGMENTS}/preview", {"rule": rule})):
        answer = market.post(path, json=document)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
        assert message in answer.json()["message"]


def test_a_preview_of_more_than_a_rule_is_refused(market: TestClient) -> None:
    for document in ({}, {"rule": {}, "name": "x"}, [], 7):
        assert market.post(f"{SEGMENTS}/preview", json=document).status_code == 400


def test_a_rule_as_large_as_may_be_is_counted(market: TestClient) -> None:
    tags = [an_id("tags", number) for number in range(1000)]
    rule = {"any": [{"did": {"tags": tags}} for _ in range(5)]}
    act(market)
    assert market.post(f"{SEGMENTS}/preview", json={"rule": rule}).json()["members"] == 1


def test_a_customer_uploaded_later_belongs_at_once(market: TestClient) -> None:
    segment = make(market, "astronomers", {"courses": [an_id("courses", 1)]})
    records = {
        "courses": minimal("courses", 1),
        "customers": minimal("customers", course_id=an_id("courses", 1)),
    }
    for kind, record in records.items():
        assert market.get(STUDENT).json()[1:] == []
        assert market.post(f"/v1/data/{kind}", json={"records": [record]}).status_code == 200
    assert [one["segment_id"] for one in market.get(STUDENT).json()[1:]] == [segment["segment_id"]]
    assert members(market, segment) == 1


def test_a_preview_counts_alone_or_gives_reasons(market: TestClient) -> None:
    act(market)
    counted = market.post(f"{SEGMENTS}/preview", json={"rule": SEEN, "count_only": True}).json()
    assert counted.keys() == {"rule", "members", "students", "counted"}
    explained = market.post(f"{SEGMENTS}/preview", json={"rule": SEEN, "explain": True}).json()
    assert (counted["members"], explained["members"]) == (1, 1)
    assert [one["offer_id"] for one in explained["recommended"]] == explained["offers"] == [an_id("offers")]
    refused = market.post(f"{SEGMENTS}/preview", json={"rule": SEEN, "explain": "yes"})
    assert refused.status_code == 400


def test_a_list_tells_what_each_segment_gets_where_that_is_asked_for(market: TestClient) -> None:
    make(market, "all", {})
    assert "offers" not in market.get(SEGMENTS).json()["segments"][0]
    [listed] = market.get(f"{SEGMENTS}?offers=3").json()["segments"]
    assert listed["offers"] == [{"offer_id": an_id("offers"), "name": "20 % off", "shop": "Pizza Corner"}]
    assert market.get(f"{SEGMENTS}?offers=11").status_code == 400
