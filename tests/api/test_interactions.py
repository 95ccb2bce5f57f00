"""What students did, over HTTP (contract §3, D18 to D26)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from tests.conftest import SHARED, SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal

SECONDS = NOON // 1_000_000
PATHS = ["/user-interactions", "/v1/data/user-interactions"]

# Both examples of the reference, with their commas mended.
ANONYMOUS_EXAMPLE = {
    "interaction_type": "FILTER_CLICK",
    "user_id": "75962b04e5caa7e582e2bc2949587ed9",
    "student_id": None,
    "item_type": "TAG",
    "item_id": "a1b2c3d4-e5f6-7890-abcd-1234567890ab",
    "city": "Berlin",
    "country": "Germany",
    "platform": "WEB",
    "event_timestamp": 1718035200,
    "source": "COBI",
    "recommendation_id": "6fc7eb1d-a516-4a9b-8dcc-313976461ae4",
}
STUDENT_EXAMPLE = {
    "interaction_type": "PAGE_VIEW",
    "student_id": "00000000-9779-438e-ae0d-b52099f6be51",
    "item_type": "OFFER",
    "item_id": "00000000-aaca-4844-9cb0-54af8f897322",
    "event_timestamp": 1718035200,
    "source": "COBI",
}


def send(client: TestClient, **changes: Any) -> Response:
    return client.post("/user-interactions", json=interaction(**changes))


def code_of(answer: Response) -> str:
    assert answer.status_code == 400, answer.text
    return answer.json()["code"]


def test_both_examples_of_the_reference_are_accepted(market: TestClient) -> None:
    tag = minimal("tags", tag_id=ANONYMOUS_EXAMPLE["item_id"])
    market.post("/v1/data/tags", json={"records": [tag]})
    student = minimal("customers", customer_id=STUDENT_EXAMPLE["student_id"], user_id=an_id("another"))
    market.post("/v1/data/customers", json={"records": [student]})
    offer = minimal("offers", offer_id=STUDENT_EXAMPLE["item_id"])
    market.post("/v1/data/offers", json={"records": [offer]})
    for example in (ANONYMOUS_EXAMPLE, STUDENT_EXAMPLE):
        answer = market.post("/user-interactions", json=example)
        assert answer.status_code == 201, answer.text
        stored = {name: answer.json()[name] for name in example}
        assert stored == {**example, "event_timestamp": "2024-06-10T16:00:00Z"}


@pytest.mark.parametrize("name", ["interaction_type", "item_type", "item_id", "event_timestamp"])
def test_d18_what_is_required_may_be_neither_absent_nor_null(market: TestClient, name: str) -> None:
    assert code_of(send(market, **{name: None})) == "null_not_allowed"
    absent = {key: value for key, value in interaction().items() if key != name}
    assert code_of(market.post("/user-interactions", json=absent)) == "missing_field"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("interaction_type", ["FILTER_CLICK", "SHARE", "PAGE_VIEW", "DISCOUNT_CODE"]),
        ("platform", ["ANDROID", "IOS", "WEB", "OTHER", None]),
        ("source", ["COBI", None]),
    ],
)
def test_d18_d23_d24_only_the_listed_names_are_accepted(
    market: TestClient, name: str, values: list[str | None]
) -> None:
    for value in values:
        assert send(market, **{name: value}).json()[name] == value
    for wrong in ("", "cobi", "Page_View", 1, True, [], {}):
        assert code_of(send(market, **{name: wrong})) == "unknown_choice"


@pytest.mark.parametrize("item_type", ["OFFER", "SHOP", "TAG", "KEYWORD"])
def test_d18_every_item_type_is_accepted(market: TestClient, item_type: str) -> None:
    answer = send(market, item_type=item_type, item_id=an_id(f"{item_type.lower()}s"))
    assert answer.status_code == 201


def test_d19_student_id_may_be_absent_or_null_but_not_unknown(market: TestClient) -> None:
    assert send(market, student_id=None).status_code == 201
    answer = send(market, student_id=an_id("nobody"))
    assert code_of(answer) == "unknown_student"
    assert "upload the customer first" in answer.json()["message"]


def test_d20_user_id_is_any_text_up_to_128_characters(market: TestClient) -> None:
    for user_id in ("a", "75962b04e5caa7e582e2bc2949587ed9", "ü" * 128, " spaced "):
        assert send(market, user_id=user_id).json()["user_id"] == user_id
    assert code_of(send(market, user_id="x" * 129)) == "too_long"
    assert code_of(send(market, user_id=7)) == "wrong_type"


def test_d20_a_pseudonym_stands_for_its_student_and_not_for_another(market: TestClient) -> None:
    other = minimal("customers", 1)
    market.post("/v1/data/customers", json={"records": [other]})
    anonymous = send(market, student_id=None, user_id=other["user_id"])
    assert anonymous.json()["student_id"] == other["customer_id"]
    assert code_of(send(market, user_id=other["user_id"])) == "identity_conflict"


def test_d21_the_message_says_what_an_item_is(market: TestClient) -> None:
    answer = send(market, item_id=an_id("shops"))
    assert code_of(answer) == "item_type_mismatch"
    assert answer.json()["message"].endswith("is a SHOP, not an OFFER")
    assert code_of(send(market, item_id=an_id("nothing"))) == "unknown_item"


@SHARED
@given(second=st.integers(1, SECONDS), zone=st.integers(-14 * 60, 14 * 60))
def test_d22_event_timestamp_accepts_seconds_milliseconds_microseconds_and_iso_8601(
    market: TestClient, second: int, zone: int
) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    local = moment.astimezone(timezone(timedelta(minutes=zone)))
    sizes = {1: second, 10**11: second * 1000, 10**14: second * 1_000_000}
    # A smaller number of milliseconds or microseconds is taken for what its size says it is.
    numbers = [number for least, number in sizes.items() if number >= least]
    kept = [*numbers, local.isoformat(), moment.replace(tzinfo=None).isoformat()]
    answers = [send(market, event_timestamp=form).json() for form in kept]
    assert {answer["event_timestamp"] for answer in answers} == {moment.isoformat().replace("+00:00", "Z")}
    assert len({answer["interaction_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1718035200.0,
        1.5,
        True,
        False,
        "1718035200",
        "",
        "yesterday",
        "1969-12-31",
        10**17,
        10**40,
        [],
        {},
    ],
)
def test_d22_anything_else_is_refused_with_the_accepted_forms(market: TestClient, value: Any) -> None:
    answer = send(market, event_timestamp=value)
    assert code_of(answer) in ("malformed_timestamp", "wrong_type")
    assert "send a positive integer in seconds" in answer.json()["message"]


def test_d22_more_than_a_day_ahead_is_refused(market: TestClient, clock: SettableClock) -> None:
    assert send(market, event_timestamp=clock.now + 24 * HOUR).status_code == 201
    assert code_of(send(market, event_timestamp=clock.now + 24 * HOUR + 1)) == "future_timestamp"
    assert code_of(send(market, event_timestamp="9999-12-31T23:59:59.999999Z")) == "future_timestamp"
    assert code_of(send(market, event_timestamp="9999-12-31T23:59:59-14:00")) == "malformed_timestamp"


def test_d23_places_are_free_text(market: TestClient) -> None:
    stored = send(market, city="  São Paulo ", country=None).json()
    assert (stored["city"], stored["country"]) == ("São Paulo", None)


def test_d24_a_recommendation_id_without_source_is_a_contradiction(market: TestClient) -> None:
    given_id = {"recommendation_id": an_id("recommendations")}
    assert code_of(send(market, **given_id)) == "contradictory_source"
    assert code_of(send(market, source=None, **given_id)) == "contradictory_source"
    assert send(market, source="COBI", **given_id).status_code == 201
    assert send(market, source="COBI").status_code == 201
    assert send(market, source="COBI", recommendation_id=None).json()["recommendation_id"] is None


@pytest.mark.parametrize("path", PATHS)
def test_d25_both_paths_take_one_object_or_an_envelope_and_read_back(market: TestClient, path: str) -> None:
    single = market.post(path, json=interaction())
    assert single.status_code == 201
    assert uuid.UUID(single.json()["interaction_id"]).version == 8
    batch = market.post(path, json={"records": [interaction(), interaction(city="Muharraq")]})
    data = batch.json()["batches"][0]["data"]
    assert (batch.status_code, data["stored"], data["unchanged"]) == (200, 1, 1)
    assert market.get(f"{path}/{single.json()['interaction_id']}").json() == single.json()
    assert len(market.get(f"{path}?student_id={an_id('customers')}&limit=10").json()["records"]) == 2


def test_d25_a_refused_single_object_is_one_error_and_lies_in_quarantine(market: TestClient) -> None:
    answer = send(market, platform="FRIDGE")
    assert [error["field"] for error in answer.json()["errors"]] == ["platform"]
    [kept] = market.get("/v1/quarantine").json()["records"]
    assert kept["request_id"] == answer.json()["request_id"]


def test_d26_a_retry_is_answered_like_the_first_time(market: TestClient) -> None:
    first, again = send(market), send(market)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(market.get("/user-interactions").json()["records"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "student_id=7",
        "item_type=shop",
        "item_id=x",
        "from=yesterday",
        "to=0",
        "from=2026-06-02&to=2026-06-01",
        "from=" + "9" * 5000,
        "limit=0",
        "limit=1001",
        "cursor=junk",
    ],
)
def test_d11_a_malformed_filter_is_refused(market: TestClient, query: str) -> None:
    assert code_of(market.get(f"/user-interactions?{query}")) in (
        "malformed_parameter",
        "malformed_id",
        "malformed_cursor",
    )


def test_d11_interactions_are_filtered_by_time_in_any_form(market: TestClient) -> None:
    send(market)
    for since, until, found in [
        (SECONDS, SECONDS + 1, 1),
        (SECONDS + 1, SECONDS + 2, 0),
        ("2026-06-15T12:00:00Z", "2026-06-16", 1),
        ("2026-06-14", "2026-06-15T12:00:00Z", 0),
    ]:
        page = market.get(f"/user-interactions?from={since}&to={until}").json()
        assert len(page["records"]) == found
