"""The busiest requests go past the framework, and nobody can tell from the answer, the log or the metrics."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.server import logs
from cobi.server.application import create_application
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.factories import interaction

USUAL = {"Content-Type": "application/json"}
UNUSUAL = {"Content-Type": "application/json; charset=utf-8"}
OF_EACH_REQUEST = {"request_id", "batch_id", "ms", "timestamp", "received", "sent"}

BODIES: dict[str, bytes] = {
    "one": json.dumps(interaction()).encode(),
    "one refused": json.dumps(interaction(item_type="SHOP")).encode(),
    "one of a future day": json.dumps(interaction(event_timestamp="2099-01-01")).encode(),
    "an envelope": json.dumps({"records": [interaction(city="A"), interaction(platform="PHONE")]}).encode(),
    "an empty envelope": b'{"records": []}',
    "no object": b"[]",
    "no JSON": b'{"item_id": ',
    "nothing": b"",
}


def send(client: TestClient, how: dict[str, str], body: bytes, path: str = "/user-interactions") -> Response:
    return client.post(path, content=body, headers=how)


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: comparable(each) for name, each in value.items() if name not in OF_EACH_REQUEST}
    return [comparable(each) for each in value] if isinstance(value, list) else value


def told(answer: Response) -> tuple[Any, ...]:
    passing = {"x-request-id", "content-length", "ratelimit"}
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in passing)
    return answer.status_code, headers, comparable(answer.json())


@pytest.fixture
def past_the_framework(market: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A caller whose requests the framework must not see."""

    async def never(*_: Any) -> None:
        raise AssertionError("the framework was asked")

    monkeypatch.setattr(market.app, "asgi_handler", never)
    return market


@pytest.mark.parametrize("path", ["/user-interactions", "/v1/data/user-interactions"])
def test_usual_requests_go_past_the_framework(past_the_framework: TestClient, path: str) -> None:
    assert send(past_the_framework, USUAL, BODIES["one"], path).status_code == 201
    assert send(past_the_framework, USUAL, b"{}", path).status_code == 400


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_both_ways_answer_the_same(market: TestClient, body: bytes) -> None:
    # Once before: whatever can be stored is, so that both find the same.
    send(market, UNUSUAL, body)
    assert told(send(market, USUAL, body)) == told(send(market, UNUSUAL, body))


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer nobody's"])
def test_d1_strangers_are_turned_away_and_told_that_the_connection_ends(
    market: TestClient, authorization: str
) -> None:
    answers = [
        send(market, {**how, "Authorization": authorization}, BODIES["one"]) for how in (USUAL, UNUSUAL)
    ]
    assert told(answers[0]) == told(answers[1])
    assert (answers[0].status_code, answers[0].headers["Connection"]) == (401, "close")


def test_a_key_without_the_scope_is_refused_alike(settings: Settings, market: TestClient) -> None:
    registry = Registry(settings)
    key = registry.create_key("campus", frozenset({"report"}))
    registry.close()
    of_key = {"Authorization": f"Bearer {key}"}
    answers = [send(market, {**how, **of_key}, BODIES["one"]) for how in (USUAL, UNUSUAL)]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 403


def test_d3_both_ways_count_towards_one_limit(settings: Settings, clock: SettableClock, key: str) -> None:
    limited = replace(settings, data_requests_per_minute=3)
    with TestClient(create_application(limited, clock)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        answers = [send(client, how, b"[]") for how in (USUAL, UNUSUAL, USUAL, UNUSUAL, USUAL)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == [
        "r=2",
        "r=1",
        "r=0",
        "r=0",
        "r=0",
    ]
    assert told(answers[3]) == told(answers[4])


def test_what_nobody_foresaw_is_answered_alike(
    settings: Settings, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Service, "read_post", broken)
    with TestClient(create_application(settings), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        answers = [send(client, how, BODIES["one"]) for how in (USUAL, UNUSUAL)]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 500


def test_both_ways_leave_the_same_line_and_count_alike(
    market: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.lines.flush()
    capsys.readouterr()
    answers = [send(market, how, BODIES["one refused"]) for how in (USUAL, UNUSUAL)]
    logs.lines.flush()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["request_id"] for line in lines] == [answer.headers["X-Request-Id"] for answer in answers]
    assert [line["sent"] for line in lines] == [len(answer.content) for answer in answers]
    assert comparable(lines[0]) == comparable(lines[1])
    assert lines[0].keys() == lines[1].keys()
    counted = (
        'cobi_requests_total{organisation="campus",method="POST",path="/user-interactions",status="400"} 2'
    )
    assert counted in market.get("/metrics").text
