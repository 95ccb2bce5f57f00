"""A request with an Idempotency-Key is done once and answered the same for a day."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.domain.idempotency import Answer, Once
from cobi.domain.moments import DAY
from cobi.domain.quarantine import EVERYTHING
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
    return [service.overview(), service.list_segments(), refused]


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
    with database.read() as connection:
        assert [row.name for row in connection.execute(idempotency_keys.select())] == ["k"]


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
