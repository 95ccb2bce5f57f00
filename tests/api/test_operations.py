"""Health, metrics and the line that each request leaves in the log."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from litestar.testing import TestClient
from sqlalchemy.exc import OperationalError

from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured
from cobi.server import logs
from cobi.server.application import create_application
from cobi.service.readiness import Readiness, look
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.database import Database
from tests.conftest import SettableClock
from tests.factories import an_id, interaction, minimal

OPERATOR = {"Authorization": "Bearer the operator's"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, operator_key="the operator's")


@pytest.fixture
def stranger(settings: Settings) -> dict[str, str]:
    """The headers of another organisation's admin."""
    registry = Registry(settings)
    key = registry.create_key("another", frozenset({"admin"}))
    registry.close()
    return {"Authorization": f"Bearer {key}"}


def figures(client: TestClient, headers: dict[str, str] | None = None) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_metrics_tell_what_happened(market: TestClient) -> None:
    market.get(f"/v1/recommendations/customers/{an_id('customers')}")
    market.post("/user-interactions", json=interaction(source="COBI"))
    market.post("/user-interactions", json=interaction(item_type="nonsense"))
    shown = figures(market)
    campus = 'organisation="campus"'
    assert shown[f'cobi_records_total{{{campus},type="offers",outcome="stored"}}'] == 1
    assert shown[f'cobi_records_total{{{campus},type="user-interactions",outcome="rejected"}}'] == 1
    assert shown[f'cobi_quarantine_records{{{campus},type="user-interactions"}}'] == 1
    assert shown[f'cobi_answers_total{{{campus},type="SELF"}}'] == 1
    assert sum(value for name, value in shown.items() if name.startswith("cobi_attributions_total")) == 1
    path = 'method="POST",path="/v1/data/{record_type}"'
    assert shown[f'cobi_requests_total{{{campus},{path},status="200"}}'] == 14
    assert shown[f"cobi_request_duration_seconds_count{{{campus},{path}}}"] == 14
    assert shown[f"cobi_writes_waiting{{{campus}}}"] == 0
    commits = shown[f"cobi_commit_duration_seconds_count{{{campus}}}"]
    assert commits == shown[f"cobi_commit_jobs_sum{{{campus}}}"] == 17


def test_metrics_tell_the_live_model(market: TestClient, service: Service) -> None:
    assert "cobi_live_model_version" not in str(figures(market))
    version = service.learning.train()["model_version"]
    shown = figures(market)
    assert shown['cobi_live_model_version{organisation="campus"}'] == version
    assert shown['cobi_live_model_trained_timestamp_seconds{organisation="campus"}'] > 1e9


def test_an_admin_sees_its_own_organisation_and_the_operator_all(
    market: TestClient, stranger: dict[str, str]
) -> None:
    figures(market, stranger)
    assert organisations(figures(market)) == {"campus"}
    assert organisations(figures(market, stranger)) == {"another"}
    assert organisations(figures(market, OPERATOR)) >= {"campus", "another"}


def organisations(shown: dict[str, float]) -> set[str]:
    return set(re.findall('organisation="(.*?)"', str(list(shown))))


def test_others_do_not_see_metrics(client: TestClient, settings: Settings) -> None:
    registry = Registry(settings)
    key = registry.create_key("campus", frozenset({"report"}))
    registry.close()
    assert client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 403
    for header in ("", "Bearer ", "Bearer the operator", "the operator's"):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 401


def test_without_an_operator_key_no_key_opens_everything(settings: Settings) -> None:
    with TestClient(create_application(replace(settings, operator_key=""))) as client:
        for header in ("Bearer ", "Bearer", ""):
            assert client.get("/metrics", headers={"Authorization": header}).status_code == 401


def test_callers_cannot_make_up_metrics(client: TestClient) -> None:
    for number in range(20):
        client.get(f"/nowhere/{number}")
        client.request(f"VERB{number}", "/v1/data")
    counted = [name for name in figures(client, OPERATOR) if name.startswith("cobi_requests_total")]
    assert len(counted) <= 4


def test_a_ready_server_says_so(market: TestClient) -> None:
    answer = market.get("/health/ready", headers={"Authorization": ""})
    checks = {"databases": "ok", "schema": "ok", "writers": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})


def test_a_server_that_is_not_ready_says_what_is_in_the_way(
    market: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "is_current", lambda _: False)
    monkeypatch.setattr(Database, "writer_lives", False)
    answer = market.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["checks"] == {
        "databases": "ok",
        "schema": "1 of 2 are not of this version; restart Cobi",
        "writers": "1 of 1 have ended; restart Cobi",
    }
    assert int(answer.headers["Retry-After"]) > 0


def test_readiness_is_looked_at_once_a_second_however_often_it_is_asked(registry: Registry) -> None:
    moments = iter([0.0, 0.5, 1.5, 1.5])
    readiness = Readiness(registry, lambda: next(moments))
    first = readiness()
    assert readiness() is first
    assert readiness() == look(registry)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    logs.lines.flush()
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_request_leaves_one_line(
    client: TestClient, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps({"records": [minimal("tags")]})
    answer = client.post("/v1/data/tags", content=body)
    client.get("/nowhere", headers={"Authorization": ""})
    client.get("/health/live")
    first, second = logged(capsys)
    assert first.pop("ms")
    assert first.pop("timestamp")
    assert first == {
        "event": "request",
        "level": "info",
        "request_id": answer.headers["X-Request-Id"],
        "method": "POST",
        "path": "/v1/data/{record_type}",
        "status": 200,
        "received": len(body),
        "sent": len(answer.content),
        "organisation": "campus",
        "key": key.split("_")[1],
    }
    assert (second["path"], second["status"], second["organisation"]) == ("(none)", 404, None)
    assert key not in str((first, second))


def test_a_log_of_errors_only_is_silent_about_the_rest(
    settings: Settings, key: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    application = create_application(replace(settings, log_level="error"))
    with TestClient(application, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        assert client.get("/v1/data").status_code == 200
        assert logged(capsys) == []
        monkeypatch.setattr(Service, "overview", broken)
        assert client.get("/v1/data").status_code == 500
    unexpected, request = logged(capsys)
    assert unexpected["request_id"] == request["request_id"]
    assert (request["event"], request["level"], request["status"]) == ("request", "error", 500)


def broken(_: Service) -> None:
    raise OperationalError("SELECT secret", ("value",), Exception("no such thing"))


def test_a_log_that_cannot_be_written_fails_no_request(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, text: str) -> None:
            raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", Full())
        answer = client.get("/v1/data")
        logs.lines.flush()
    assert answer.status_code == 200


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(Misconfigured, match="log_level 'loud' is not known"):
        Settings(log_level="loud")


def test_a_clock_set_back_neither_loses_nor_refuses_anything(
    market: TestClient, clock: SettableClock, service: Service
) -> None:
    path = f"/v1/recommendations/customers/{an_id('customers')}"
    first = market.get(path).json()[0]["recommendation_id"]
    clock.advance(-3_600_000_000)
    second = market.get(path).json()[0]["recommendation_id"]
    assert first != second
    assert market.post("/v1/data/tags", json={"records": [minimal("tags", name="Later")]}).status_code == 200
    assert market.get(f"/v1/data/tags/{an_id('tags')}").json()["name"] == "Later"
    for identifier in (first, second):
        sent = interaction(source="COBI", recommendation_id=identifier, event_timestamp=clock() // 1000)
        assert market.post("/user-interactions", json=sent).status_code == 201
    assert market.get("/v1/data").json() is not None
