"""Uploading over HTTP (contract §2, D4 to D16)."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from tests.api.conftest import Post
from tests.conftest import SHARED
from tests.factories import ALL_TYPES, TYPES, a_record, an_id, full, minimal
from tests.strategies import id_forms

GOOD, BAD = minimal("tags"), {"tag_id": "no", "name": "pizza"}


def test_the_envelope_has_every_documented_field(post: Post) -> None:
    body = post("tags", GOOD, BAD).json()
    [batch] = body.pop("batches")
    assert body == {"request_id": batch["data"]["request_id"], "type": "tags"}
    data = batch["data"]
    assert (batch["batch"], batch["status"], data["status"]) == (1, 207, "partial")
    assert data["message"] == "1 stored, 1 rejected"
    assert uuid.UUID(data["batch_id"]) != uuid.UUID(data["request_id"])
    assert data["errors"] == [
        {
            "index": 1,
            "field": "tag_id",
            "code": "malformed_id",
            "message": "tag_id is not a UUID (32 hexadecimal digits, with dashes or without)",
            "value": "no",
        }
    ]


@pytest.mark.parametrize(
    ("records", "status", "word"),
    [((GOOD,), 200, "success"), ((GOOD, BAD), 207, "partial"), ((BAD,), 400, "error")],
)
def test_d4_the_status_line_says_what_the_batch_says(
    post: Post, records: tuple[Any, ...], status: int, word: str
) -> None:
    answer = post("tags", *records)
    [batch] = answer.json()["batches"]
    assert (answer.status_code, batch["status"], batch["data"]["status"]) == (status, status, word)
    assert (batch["data"]["error"] is None) == (word == "success")


def test_d5_received_is_stored_and_unchanged_and_rejected(post: Post) -> None:
    post("tags", GOOD)
    data = post("tags", GOOD, BAD, minimal("tags", 1)).json()["batches"][0]["data"]
    counts = [data[name] for name in ("received", "stored", "unchanged", "rejected")]
    assert counts == [3, 1, 1, 1]


def test_d6_what_was_refused_is_read_from_quarantine(client: TestClient, post: Post) -> None:
    request_id = post("tags", GOOD, BAD).json()["request_id"]
    [kept] = client.get("/v1/quarantine?type=tags&code=malformed_id").json()["records"]
    assert (kept["request_id"], kept["index"]) == (request_id, 1)
    assert msgspec.json.decode(kept["body"]) == BAD


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b'{"records":[{"tag_id"', 400, "malformed_json"),
        (b"[]", 400, "malformed_body"),
        (b"7", 400, "malformed_body"),
        (b'{"records":{}}', 400, "malformed_body"),
        (b'{"records":[]}', 400, "no_records"),
        (b'{"tag_id":"x"}', 400, "missing_records"),
        (b'{"records":[' + b",".join([b"{}"] * 5001) + b"]}", 400, "too_many_records"),
        (b'{"records":["' + b"x" * (17 * 1024 * 1024) + b'"]}', 413, "payload_too_large"),
    ],
    ids=lambda value: value[:24].decode() if isinstance(value, bytes) else None,
)
def test_d7_a_body_that_is_no_batch_is_refused_as_a_whole(
    client: TestClient, body: bytes, status: int, code: str
) -> None:
    answer = client.post("/v1/data/tags", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_d7_malformed_json_is_refused_with_the_position(client: TestClient) -> None:
    assert "byte 12" in client.post("/v1/data/tags", content=b'{"records":[}').json()["message"]


def test_d7_another_content_type_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/data/tags", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_d7_an_unknown_type_is_answered_with_the_known_ones(client: TestClient) -> None:
    answer = client.post("/v1/data/ofers", json={"records": [{}]})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_type")
    assert all(kind in answer.json()["message"] for kind in ALL_TYPES)


def test_d9_unknown_fields_are_named_once_with_the_nearest_known_one(market: TestClient, post: Post) -> None:
    records = [minimal("transactions", n, studentid="x", colour="red", branch_id=None) for n in (1, 2, 3)]
    data = post("transactions", *records).json()["batches"][0]["data"]
    warnings = {warning["field"]: warning for warning in data["warnings"]}
    assert data["stored"] == 3
    assert warnings["studentid"]["message"] == "studentid: did you mean student_id?"
    assert (warnings["colour"]["code"], warnings["colour"]["records"]) == ("unknown_field", 3)


@SHARED
@given(identifier=st.uuids(), data=st.data())
def test_d10_any_uuid_in_any_form_is_answered_in_lower_case_with_dashes(
    client: TestClient, identifier: uuid.UUID, data: st.DataObject
) -> None:
    sent, asked = data.draw(id_forms(identifier)), data.draw(id_forms(identifier))
    client.post("/v1/data/tags", json={"records": [minimal("tags", tag_id=sent)]})
    assert client.get(f"/v1/data/tags/{asked}").json()["tag_id"] == str(identifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "x" * 32,
        "0" * 31,
        "0" * 33,
        "{" + "0" * 32 + "}",
        "-" * 36,
        " " * 32,
        "urn:uuid:" + "0" * 32,
        "٠" * 32,
    ],
)
def test_d10_what_is_no_uuid_is_refused(post: Post, text: str) -> None:
    answer = post("tags", minimal("tags", tag_id=text))
    assert answer.json()["batches"][0]["data"]["errors"][0]["code"] == "malformed_id"


@pytest.mark.parametrize("kind", TYPES)
def test_d11_a_stored_record_is_read_by_its_id_and_in_pages(market: TestClient, kind: str) -> None:
    market.post(f"/v1/data/{kind}", json={"records": [full(kind)]})
    assert market.get(f"/v1/data/{kind}/{an_id(kind)}").json() == full(kind)
    assert market.get(f"/v1/data/{kind}").json() == {"records": [full(kind)], "next_cursor": None}


def test_d11_an_unknown_record_is_not_found(client: TestClient) -> None:
    answer = client.get(f"/v1/data/tags/{an_id('tags')}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_record")


def test_d12_regions_are_taken_in_any_case(client: TestClient, post: Post) -> None:
    assert post("shops", minimal("shops", region=" bH ")).status_code == 200
    assert client.get(f"/v1/data/shops/{an_id('shops')}").json()["region"] == "BH"
    assert post("shops", minimal("shops", region="XX")).status_code == 400


@pytest.mark.parametrize(("flag", "shown"), [(None, True), (True, True), (False, False)])
def test_d13_a_shop_without_is_public_is_public(market: TestClient, flag: bool | None, shown: bool) -> None:
    market.post("/v1/data/shops", json={"records": [minimal("shops", is_public=flag)]})
    [answer] = market.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    assert bool(answer["offers"]) is shown


@pytest.mark.parametrize(("flag", "shown"), [(None, True), (True, True), (False, False)])
def test_d14_an_offer_without_is_enabled_is_enabled(
    market: TestClient, flag: bool | None, shown: bool
) -> None:
    market.post("/v1/data/offers", json={"records": [minimal("offers", is_enabled=flag)]})
    [answer] = market.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    assert bool(answer["offers"]) is shown


def test_d15_a_favourite_needs_no_id(market: TestClient, post: Post) -> None:
    favourite = minimal("student-favourites")
    del favourite["favourite_id"]
    assert post("student-favourites", favourite).status_code == 200
    data = post("student-favourites", favourite).json()["batches"][0]["data"]
    assert data["unchanged"] == 1


def test_d16_created_of_a_transaction_is_the_time_of_purchase(market: TestClient, post: Post) -> None:
    bought = minimal("transactions", 1, created="2026-05-01T10:00:00+03:00")
    assert post("transactions", bought).status_code == 200
    stored = market.get(f"/v1/data/transactions/{bought['transaction_id']}").json()
    assert stored["created"] == "2026-05-01T07:00:00Z"


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("tags", {"name": ""}, "empty_text"),
        ("tags", {"name": " \u2003 "}, "empty_text"),
        ("tags", {"name": "x" * 513}, "too_long"),
        ("tags", {"name": "a\u0000b"}, "control_character"),
        ("tags", {"name": "a\u0085b"}, "control_character"),
        ("tags", {"name": "a\nb"}, "control_character"),
        ("tags", {"name": 7}, "wrong_type"),
        ("tags", {"created": "yesterday"}, "malformed_datetime"),
        ("tags", {"created": 1718035200}, "wrong_type"),
        ("tags", {"created": "0001-01-01T00:00:00+14:00"}, "malformed_datetime"),
        ("tags", {"created": "9999-12-31T23:59:59-14:00"}, "malformed_datetime"),
        ("tags", {"is_deleted": 1}, "wrong_type"),
        ("customers", {"birthdate": "2004-02-30"}, "malformed_date"),
        ("customers", {"birthdate": "2004-02-29Tnoon"}, "malformed_date"),
        ("branches", {"latitude": 90.1}, "out_of_range"),
        ("branches", {"longitude": -180.1}, "out_of_range"),
        ("offers", {"value": 0}, "out_of_range"),
        ("offers", {"value": True}, "wrong_type"),
        ("offers", {"value": "20"}, "wrong_type"),
        ("offers", {"value": 10**30}, "out_of_range"),
        ("offers", {"allowed_branches": "a,b"}, "malformed_id"),
        ("offers", {"allowed_days": "Monday,Funday"}, "unknown_choice"),
        ("offers", {"allowed_from": "2026-02-01", "allowed_to": "2026-01-01"}, "window_reversed"),
        ("transactions", {"savings": -0.01}, "out_of_range"),
        ("transactions", {"amount": 0}, "out_of_range"),
    ],
)
def test_d17_a_value_outside_its_field_is_refused(
    market: TestClient, post: Post, kind: str, changes: dict[str, Any], code: str
) -> None:
    data = post(kind, a_record(kind, **changes)).json()["batches"][0]["data"]
    assert [error["code"] for error in data["errors"]] == [code]


def test_a_filter_for_interactions_is_refused_where_it_would_do_nothing(client: TestClient) -> None:
    for name, value in {"student_id": an_id("customers"), "from": "2026-01-01", "item_type": "OFFER"}.items():
        answer = client.get("/v1/data/transactions", params={name: value})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_parameter")
        assert client.get("/v1/data/user-interactions", params={name: value}).status_code == 200
