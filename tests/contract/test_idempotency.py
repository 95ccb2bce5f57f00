"""A request with an Idempotency-Key is done once and answered the same for a day."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from sqlalchemy import select

from cobi.actions.ingesting import idempotency, ingest
from cobi.config.settings import Settings
from cobi.domain.errors import CobiError, Overloaded, StorageUnavailable
from cobi.domain.idempotency import Answer, Once
from cobi.domain.moments import DAY, SECOND
from cobi.domain.quarantine import EVERYTHING
from cobi.metrics.families import RECORDS
from cobi.metrics.metrics import Metrics
from cobi.server.application import create_application
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.schema import idempotency_keys
from tests.conftest import CAMPUS, SettableClock
from tests.factories import NOON, an_id, interaction, minimal, upload, upload_all

SEGMENT = {"name": "Bahrain", "rule": {"regions": ["BH"]}}
# Every request that can be named by a key, with its path.
REQUESTS: list[tuple[str, Any]] = [
    *((f"/v1/data/{kind}", {"records": [minimal(kind, 1)]}) for kind in ("shops", "transactions")),
    ("/v1/data/user-interactions", {"records": [interaction(), interaction(city="Manama")]}),
    ("/v1/data/tags", {"records": [minimal("tags"), {"tag_id": "x"}]}),
    ("/v1/data/tags", {"records": [{"tag_id": "x"}]}),
    ("/user-interactions", {"records": [interaction()]}),
    ("/user-interactions", interaction()),
    ("/user-interactions", interaction(item_id=an_id("nothing"))),
    ("/v1/segments", SEGMENT),
]


def post(client: TestClient, path: str, document: Any, key: str) -> Response:
    return client.post(path, json=document, headers={"Idempotency-Key": key})


def everything(service: Service) -> list[Any]:
    refused = service.refused(EVERYTHING, 100, None)["records"]
    return [service.overview(), service.segments.list(), refused]


@pytest.mark.parametrize(("path", "document"), REQUESTS)
def test_a_request_sent_again_gets_the_very_same_answer_and_changes_nothing(
    client: TestClient, service: Service, path: str, document: Any
) -> None:
    upload_all(service)
    key = str(uuid.uuid4())
    first = post(client, path, document, key)
    stored = everything(service)
    again = post(client, path, document, key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert everything(service) == stored


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/v1/data/tags", {"records": [minimal("tags", 1)]}),
        ("/v1/data/keywords", {"records": [minimal("tags")]}),
        ("/v1/segments", SEGMENT),
    ],
)
def test_another_request_under_the_same_key_is_refused_and_not_done(
    client: TestClient, service: Service, path: str, document: Any
) -> None:
    post(client, "/v1/data/tags", {"records": [minimal("tags")]}, "k")
    stored = everything(service)
    refused = post(client, path, document, "k")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert everything(service) == stored


def test_a_request_that_could_not_be_understood_does_not_use_its_key_up(client: TestClient) -> None:
    assert post(client, "/v1/data/tags", {"records": []}, "k").status_code == 400
    assert post(client, "/v1/segments", {"name": ""}, "k").status_code == 400
    assert post(client, "/v1/data/tags", {"records": [minimal("tags")]}, "k").status_code == 200


@pytest.mark.parametrize("named", ["", " ", "two words", "x" * 256], ids=len)
def test_a_malformed_key_is_refused(client: TestClient, named: str) -> None:
    refused = post(client, "/v1/data/tags", {"records": [minimal("tags")]}, named)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_idempotency_key")


def test_after_a_day_the_answer_is_gone_and_the_key_free(
    client: TestClient, clock: SettableClock, database: Database
) -> None:
    tags = {"records": [minimal("tags")]}
    for key in ("k", "other"):
        post(client, "/v1/data/tags", tags, key)
    clock.advance(DAY - 1)
    assert post(client, "/v1/data/tags", tags, "k").headers["Idempotency-Replayed"] == "true"
    clock.advance(1)
    assert post(client, "/v1/data/keywords", {"records": [minimal("keywords")]}, "k").status_code == 200
    assert kept(database) == ["k"]


def counted(times: list[int]) -> Callable[[Service], Answer]:
    def act(service: Service) -> Answer:
        times.append(upload(service, "tags", minimal("tags")).stored)
        return Answer(200, uuid.uuid4().bytes)

    return act


def test_eight_at_once_do_the_work_once_and_all_get_its_answer(settings: Settings, service: Service) -> None:
    other = Registry(settings, lambda: NOON)
    services, times, barrier = [service, other.named(CAMPUS)], list[int](), Barrier(8)

    def send(number: int) -> Answer:
        barrier.wait(60)
        return services[number % 2].once(Once("k", b"same"), counted(times))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    other.close()
    assert times == [1]
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7


def test_work_that_fails_at_its_end_leaves_neither_work_nor_answer(
    service: Service, database: Database
) -> None:
    def act(within: Service) -> Answer:
        assert upload(within, "tags", minimal("tags")).stored == 1
        raise ZeroDivisionError

    before = everything(service)
    with pytest.raises(ZeroDivisionError):
        service.once(Once("k", b"same"), act)
    assert everything(service) == before
    assert service.once(Once("k", b"same"), counted(times := [])).replayed is False
    assert times == [1]


def kept(database: Database) -> list[str]:
    """The names of the requests whose answers are kept."""
    with database.read() as connection:
        return sorted(connection.scalars(select(idempotency_keys.c.name)))


def test_old_answers_go_though_nothing_is_asked_any_more(
    client: TestClient, registry: Registry, clock: SettableClock, database: Database
) -> None:
    for number in range(3):
        post(client, "/v1/data/tags", {"records": [minimal("tags")]}, f"k{number}")
        clock.advance(SECOND)
    clock.advance(DAY - 3 * SECOND)
    registry.tidy()
    assert kept(database) == ["k1", "k2"]
    clock.advance(DAY)
    registry.tidy()
    assert kept(database) == []


def test_they_go_from_an_organisation_that_no_process_has_open(
    client: TestClient, settings: Settings, clock: SettableClock, database: Database
) -> None:
    post(client, "/v1/data/tags", {"records": [minimal("tags")]}, "k")
    clock.advance(DAY)
    other = Registry(settings, clock)
    other.tidy()
    assert (kept(database), other.opened()) == ([], [])
    other.close()


def test_many_old_answers_go_a_few_at_a_time(
    service: Service, clock: SettableClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PURGED_AT_ONCE", 2)
    monkeypatch.setattr(idempotency, "PURGED_BESIDE", 1)
    for number in range(7):
        service.once(Once(f"k{number}", b""), counted([]))
    clock.advance(DAY)
    service.once(Once("new", b""), counted([]))
    assert len(kept(database)) == 7
    service.tidy()
    assert kept(database) == ["new"]


@pytest.mark.parametrize(("failure", "status"), [(Overloaded("full"), 503), (StorageUnavailable(), 503)])
def test_a_request_that_was_turned_away_is_done_when_it_comes_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, failure: CobiError, status: int
) -> None:
    tags = {"records": [minimal("tags")]}

    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(ingest, "ingest", fail)
        assert post(client, "/v1/data/tags", tags, "k").status_code == status
    again = post(client, "/v1/data/tags", tags, "k")
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (200, False)


def test_so_is_one_that_came_too_often(
    settings: Settings, clock: SettableClock, key: str, database: Database
) -> None:
    limited = replace(settings, data_requests_per_minute=1)
    tags = {"records": [minimal("tags")]}
    with TestClient(create_application(limited, clock)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        assert post(client, "/v1/data/tags", tags, "a").status_code == 200
        assert post(client, "/v1/data/tags", tags, "b").status_code == 429
        assert kept(database) == ["a"]
        clock.advance(60 * SECOND)
        assert "Idempotency-Replayed" not in post(client, "/v1/data/tags", tags, "b").headers


def test_a_repeated_request_is_counted_once_and_one_that_failed_never(
    settings: Settings, clock: SettableClock
) -> None:
    metrics = Metrics()
    registry = Registry(settings, clock, metrics)
    service = registry.named(CAMPUS)

    def fail(within: Service) -> Answer:
        upload(within, "tags", minimal("tags"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        service.once(Once("k", b""), fail)
    assert RECORDS not in metrics.collect()
    for _ in range(2):
        service.once(Once("k", b""), counted([]))
    assert metrics.collect()[RECORDS] == {(CAMPUS, "tags", "stored"): (1.0,)}
    registry.close()
