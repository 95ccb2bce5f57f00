"""A server whose disk is full or locked says 503, loses nothing it acknowledged, and recovers by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cobi.config.settings import Settings
from tests.acceptance.failing import (
    IMPATIENT,
    RECOMMENDATION,
    Start,
    assert_unavailable,
    cities,
    full_disk,
    send,
    until,
)
from tests.acceptance.installation import PATIENCE, Installation, install
from tests.acceptance.stored import read_stored
from tests.factories import an_id, minimal


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(Settings(data=tmp_path))


def test_a_full_disk_is_answered_with_503_until_there_is_room_again(
    installation: Installation, start: Start
) -> None:
    server, client = start(installation)
    acknowledged = [f"before {n}" for n in range(20)]
    assert all(send(client, city).status_code == 201 for city in acknowledged)
    with full_disk(server, 16 * 1024):
        assert_unavailable(send(client, "lost"))
        assert_unavailable(client.post("/v1/data/tags", json={"records": [minimal("tags", 7)]}))
        assert_unavailable(client.get(RECOMMENDATION))
        assert sorted(cities(client)) == sorted(acknowledged)
        assert client.get("/health/live").status_code == 200
    assert send(client, "after").status_code == 201
    assert client.get(RECOMMENDATION).status_code == 200
    assert sorted(cities(client)) == sorted([*acknowledged, "after"])
    assert client.get(f"/v1/data/tags/{an_id('tags', 7)}").status_code == 404
    failures = 'cobi_storage_failures_total{organisation="campus"} 3\n'
    assert failures in client.get("/metrics").text


def test_a_disk_that_fills_up_under_load_loses_nothing_acknowledged(
    installation: Installation, start: Start
) -> None:
    server, _ = start(installation)

    def call(caller: int) -> set[str]:
        with installation.client(server) as client:
            names = [f"{caller}/{turn}" for turn in range(60)]
            answers = {name: send(client, name).status_code for name in names}
        assert set(answers.values()) <= {201, 503}
        return {name for name, status in answers.items() if status == 201}

    with installation.client(server) as client:
        assert send(client, "first").status_code == 201
    wal = max(path.stat().st_size for path in installation.settings.data.glob("organisations/*-wal"))
    with full_disk(server, wal + 200_000), ThreadPoolExecutor(6) as pool:
        acknowledged = set().union(*pool.map(call, range(6)))
    assert 0 < len(acknowledged) < 360
    assert set(read_stored(installation.settings).interactions) == {"first", *acknowledged}
    with installation.client(server) as client:
        assert send(client, "after").status_code == 201


def test_a_database_locked_by_another_process_is_answered_with_503_and_waited_for(
    installation: Installation, start: Start
) -> None:
    _, client = start(installation, **IMPATIENT)
    [path] = installation.settings.data.glob("organisations/*.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_unavailable(send(client, "turned away"))
        assert client.get("/user-interactions").status_code == 200
        assert client.get("/health/ready").status_code == 200
        other.execute("ROLLBACK")
    assert until(lambda: send(client, "after"), 201)
    assert cities(client) == ["after"]


def test_more_requests_than_can_wait_are_turned_away_at_once(
    installation: Installation, start: Start
) -> None:
    server, client = start(installation, write_patience_seconds=PATIENCE)
    [path] = installation.settings.data.glob("organisations/*.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(700) as pool:
            limits = httpx.Limits(max_connections=None)
            headers = {"Authorization": f"Bearer {installation.key}"}
            with httpx.Client(base_url=server.url, headers=headers, limits=limits, timeout=PATIENCE) as many:
                answers = [pool.submit(send, many, f"n{number}") for number in range(700)]
                overloaded = next(a for a in iter_done(answers) if a.json().get("code") == "overloaded")
                assert (overloaded.status_code, overloaded.headers["Retry-After"]) == (503, "1")
                other.execute("ROLLBACK")
                statuses = [answer.result().status_code for answer in answers]
    assert set(statuses) <= {201, 503}
    assert len(read_stored(installation.settings).interactions) == statuses.count(201)
    assert client.get("/health/live").status_code == 200


def iter_done(answers: list[Future[httpx.Response]]) -> Iterator[httpx.Response]:
    return (answer.result() for answer in as_completed(answers, PATIENCE))
