from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from cobi.service.registry import Registry
from tests.api.conftest import Post
from tests.conftest import CAMPUS
from tests.factories import NOON, minimal

BAD = [minimal("tags", 1, name=""), minimal("tags", 2, tag_id="x")]
PATH = "/v1/quarantine"


@pytest.fixture
def refused(client: TestClient, post: Post) -> list[dict[str, Any]]:
    """Two records in quarantine."""
    post("tags", *BAD)
    return client.get(PATH).json()["records"]


def test_a_refused_record_is_read_by_its_id(client: TestClient, refused: list[dict[str, Any]]) -> None:
    found = client.get(f"{PATH}/{refused[0]['quarantine_id']}")
    assert (found.status_code, found.json()) == (200, refused[0])
    assert msgspec.json.decode(found.json()["body"]) == BAD[0]
    assert client.get(f"{PATH}/{minimal('tags')['tag_id']}").json()["code"] == "unknown_record"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=tags", 2),
        ("type=shops", 0),
        ("code=empty_text", 1),
        (f"from={NOON}", 2),
        (f"to={NOON}", 0),
        (f"from={NOON}&to={NOON + 1}&code=malformed_id", 1),
    ],
)
def test_records_and_counts_follow_the_filter(
    client: TestClient, refused: list[dict[str, Any]], query: str, found: int
) -> None:
    page = client.get(f"{PATH}?{query}").json()
    assert len(page["records"]) == sum(row["records"] for row in page["counts"]) == found


def test_a_retry_is_answered_with_what_became_of_each_record(
    client: TestClient, refused: list[dict[str, Any]]
) -> None:
    rules = [{"default": "name", "value": "pizza"}]
    answer = client.post(f"{PATH}/retry", json={"type": "tags", "rules": rules}).json()
    assert answer.pop("errors")[0]["quarantine_id"] == refused[1]["quarantine_id"]
    counts = {"examined": 2, "stored": 1, "unchanged": 0, "refused": 1}
    whole = {"dry_run": False, "exact": True, "types": [{"type": "tags", **counts}], **counts}
    told = {"reasons": {"malformed_id": 1}, "warnings": [], "samples": [], "next_cursor": None}
    assert answer == {**whole, **told}


def test_a_dry_run_shows_some_records_before_and_after_the_rules(
    client: TestClient, refused: list[dict[str, Any]]
) -> None:
    rules = [{"default": "name", "value": "pizza"}]
    order = {"type": "tags", "rules": rules, "dry_run": True}
    passes, stays = client.post(f"{PATH}/retry", json=order).json()["samples"]
    assert (passes["passes"], stays["passes"]) == (True, False)
    assert passes["quarantine_id"] == refused[0]["quarantine_id"]
    assert passes["before"] == refused[0]["body"]
    assert msgspec.json.decode(passes["after"])["name"] == "pizza"
    assert [one["code"] for one in stays["errors"]] == ["malformed_id"]


def test_a_misspelt_field_is_told_by_a_dry_run(client: TestClient, post: Post) -> None:
    post("tags", {"tagid": minimal("tags")["tag_id"], "name": "x"})
    answer = client.post(f"{PATH}/retry", json={"dry_run": True}).json()
    assert answer["warnings"][0]["message"] == "tagid: did you mean tag_id?"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "malformed_body"),
        ({"typ": "tags"}, 400, "malformed_body"),
        ({"type": "tag"}, 404, "unknown_type"),
        ({"type": ["tags"]}, 404, "unknown_type"),
        ({"code": 7}, 400, "malformed_body"),
        ({"code": "x\x00"}, 400, "malformed_parameter"),
        ({"from": -1}, 400, "malformed_parameter"),
        ({"from": NOON, "to": NOON - 1}, 400, "malformed_parameter"),
        ({"ids": []}, 400, "malformed_body"),
        ({"ids": ["x"]}, 400, "malformed_id"),
        ({"rules": [{"drop": "x"}]}, 400, "malformed_body"),
        ({"rules": 7, "type": "tags"}, 400, "malformed_rule"),
        ({"rules": {}, "type": "tags"}, 400, "malformed_rule"),
        ({"rules": ""}, 400, "malformed_body"),
        ({"dry_run": "yes"}, 400, "malformed_body"),
        ({"limit": 0}, 400, "malformed_parameter"),
        ({"limit": 10**9}, 400, "malformed_parameter"),
        ({"limit": True}, 400, "malformed_parameter"),
        ({"cursor": "junk"}, 400, "malformed_cursor"),
        ({"cursor": "kgcH"}, 200, None),
    ],
)
def test_a_retry_that_cannot_be_read_is_refused_by_code(
    client: TestClient, body: Any, status: int, code: str | None
) -> None:
    answer = client.post(f"{PATH}/retry", json=body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b'{"rules":' + b"[" * 10_000,
        b'{"limit":' + b"9" * 6000 + b"}",
        b'{"type":' + b"9" * 6000 + b"}",
        b'{"from":' + b"9" * 6000 + b"}",
        b'{"ids":[' + b"9" * 6000 + b"]}",
        b'{"type":"tags","rules":[{"set":"name","value":' + b"9" * 6000 + b"}]}",
        b'{"type":"transactions","rules":[{"set":"amount","value":1e400}]}',
        b'{"type":"tags","rules":[{"rename":"x","to":{"a":' + b"9" * 6000 + b"}}]}",
        b'{"type":"\\u0000\\ud800"}',
    ],
)
def test_a_hostile_retry_is_the_callers_error(client: TestClient, body: bytes) -> None:
    answer = client.post(f"{PATH}/retry", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text


def test_dropping_needs_a_filter_or_the_word_all(client: TestClient, refused: list[dict[str, Any]]) -> None:
    for query in ("", "?all=false", "?all=true&type=tags", "?dry_run=true"):
        assert client.delete(PATH + query).json()["code"] == "malformed_parameter"
    assert client.delete(f"{PATH}?all=true&dry_run=true").json() == {"dry_run": True, "dropped": 2}
    assert client.delete(f"{PATH}?code=malformed_id").json() == {"dry_run": False, "dropped": 1}
    assert client.delete(f"{PATH}/{refused[0]['quarantine_id']}").json()["dropped"] == 1
    assert client.delete(f"{PATH}/{refused[0]['quarantine_id']}").status_code == 404
    page = client.get(PATH).json()
    assert (page["records"], page["left"]["dropped"]) == ([], 2)


def test_a_key_that_may_upload_may_retry_but_not_drop(client: TestClient, registry: Registry) -> None:
    headers = {"Authorization": f"Bearer {registry.create_key(CAMPUS, frozenset({'ingest'}))}"}
    assert client.post(f"{PATH}/retry", json={}, headers=headers).status_code == 200
    assert client.delete(f"{PATH}?all=true", headers=headers).status_code == 403
    assert client.delete(f"{PATH}/{minimal('tags')['tag_id']}", headers=headers).status_code == 403
