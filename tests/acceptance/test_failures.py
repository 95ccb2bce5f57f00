"""What a real server does when its storage fails: it says 503, loses nothing it acknowledged, and recovers by itself."""

from __future__ import annotations

import json
import resource
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from cobi.config.settings import Settings
from cobi.server.background import LOG, Background
from cobi.store.dialect import _WRITE_LOCK
from tests.acceptance.crash import LOAD, Ledger, _read
from tests.acceptance.installation import PATIENCE, Installation, install
from tests.factories import an_id, interaction, minimal
from tests.postgresql import create_database, restartable_server

RECOMMENDATION = f"/v1/recommendations/customers/{an_id('customers')}"
IMPATIENT = {"write_patience_seconds": 0.5}


def send(client: httpx.Client, city: str) -> httpx.Response:
    return client.post("/user-interactions", json=interaction(city=city))


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0


def until(answered: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask again until the answer has this status."""
    for _ in range(1000):
        answer = answered()
        if answer.status_code == status:
            return answer
    raise AssertionError(f"the last answer was {answer.status_code} {answer.text}")


def cities(client: httpx.Client) -> list[str]:
    page = client.get("/user-interactions", params={"limit": 1000}).json()
    return [record["city"] for record in page["records"]]


def workers_of(server: Background) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


@contextmanager
def full_disk(server: Background, most: int) -> Iterator[None]:
    """No file of the server's workers can grow past so many bytes."""
    unlimited = resource.RLIM_INFINITY
    for worker in workers_of(server):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, unlimited))
    try:
        yield
    finally:
        for worker in workers_of(server):
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (unlimited, unlimited))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(Settings(data=tmp_path))


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


Start = Callable[..., tuple[Background, httpx.Client]]


@pytest.fixture
def start(running: ExitStack) -> Start:
    """Start a server on an installation, and a caller of it."""

    def start(installation: Installation, **settings: object) -> tuple[Background, httpx.Client]:
        server = installation.start(**settings)
        running.callback(server.stop)
        return server, running.enter_context(closing(installation.client(server)))

    return start


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
    assert set(_read(installation.settings).interactions) == {"first", *acknowledged}
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
    assert len(_read(installation.settings).interactions) == statuses.count(201)
    assert client.get("/health/live").status_code == 200


def iter_done(answers: list) -> Iterator[httpx.Response]:
    return (answer.result() for answer in as_completed(answers, PATIENCE))


def test_a_postgresql_that_is_restarted_is_answered_with_503_meanwhile(tmp_path: Path, start: Start) -> None:
    with restartable_server() as postgresql:
        url = create_database(postgresql.url, "restarted")
        installation = install(Settings(data=tmp_path, database_url=url))
        server, client = start(installation)
        assert send(client, "before").status_code == 201
        postgresql.stop()
        assert_unavailable(send(client, "lost"))
        assert_unavailable(client.get(RECOMMENDATION))
        assert_unavailable(client.get("/v1/data"))
        assert_unavailable(client.get("/v1/data", headers={"Authorization": "Bearer unknown"}))
        ready = until(lambda: client.get("/health/ready"), 503)
        assert ready.json()["checks"]["databases"] == "2 of 2 do not answer"
        assert client.get("/health/live").status_code == 200
        postgresql.start()
        assert send(client, "after").status_code == 201
        assert until(lambda: client.get("/health/ready"), 200)
        assert sorted(cities(client)) == ["after", "before"]
        assert "Traceback" not in (tmp_path / LOG).read_text()
        assert server.stop() == 0


def test_a_postgresql_that_dies_under_load_loses_nothing_acknowledged(tmp_path: Path, start: Start) -> None:
    with restartable_server() as postgresql:
        url = create_database(postgresql.url, "dying")
        installation = install(Settings(data=tmp_path, database_url=url))
        server, _ = start(installation)
        acknowledged: set[str] = set()
        broken, mended = threading.Event(), threading.Event()

        def call(caller: int) -> None:
            with installation.client(server) as client:
                for turn in count():
                    answer = send(client, f"{caller}/{turn}")
                    if answer.status_code == 201:
                        acknowledged.add(f"{caller}/{turn}")
                        if mended.is_set():
                            return
                    else:
                        assert_unavailable(answer)
                        broken.set()

        with ThreadPoolExecutor(4) as pool:
            callers = [pool.submit(call, caller) for caller in range(4)]
            postgresql.stop("immediate")
            assert broken.wait(PATIENCE)
            postgresql.start()
            mended.set()
            for caller in callers:
                caller.result(PATIENCE)
        stored = _read(installation.settings).interactions
        assert acknowledged <= stored.keys()
        assert max(stored.values()) == 1
        server.stop()


def test_a_lock_in_postgresql_is_answered_with_503_and_waited_for(
    tmp_path: Path, postgresql: str, start: Start
) -> None:
    url = create_database(postgresql, "locked")
    installation = install(Settings(data=tmp_path, database_url=url))
    _, client = start(installation, **IMPATIENT)
    address = make_url(url)
    with psycopg.connect(dbname=address.database, user="postgres", host=str(address.query["host"])) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, hashtext('cobi_campus'))", (_WRITE_LOCK,))
        assert_unavailable(send(client, "turned away"))
        assert client.get("/user-interactions").status_code == 200
        other.rollback()
    assert until(lambda: send(client, "after"), 201)
    assert cities(client) == ["after"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_stopped_under_load_has_all_it_acknowledged(
    installation: Installation, start: Start, workers: int
) -> None:
    server, _ = start(installation, workers=workers)
    ledger = Ledger("stop")

    def call(caller: int) -> None:
        with installation.client(server) as client:
            for turn in count():
                try:
                    LOAD[caller](client, ledger, f"stop/caller {caller}/{turn}")
                except (httpx.TransportError, AssertionError):
                    return
                ledger.count_request()

    with ThreadPoolExecutor(len(LOAD)) as pool:
        callers = [pool.submit(call, caller) for caller in range(len(LOAD))]
        ledger.wait_for(60)
        assert server.stop() == 0
        for caller in callers:
            caller.result(PATIENCE)
    stored = _read(installation.settings)
    assert ledger.acknowledged > 0
    assert (stored.kept(ledger), stored.doubled) == (ledger.acknowledged, 0)


def test_a_connection_cut_in_the_middle_of_a_body_stores_nothing_and_is_told_in_the_log(
    installation: Installation, start: Start
) -> None:
    server, client = start(installation)
    address = httpx.URL(server.url)
    body = json.dumps({"records": [interaction(city="half")]}).encode()
    head = (
        f"POST /user-interactions HTTP/1.1\r\nHost: cobi\r\nAuthorization: Bearer {installation.key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((address.host, address.port or 0)) as connection:
        connection.sendall(head + body[:-10])
    log = installation.settings.data / LOG
    while '"path": "/user-interactions"' not in log.read_text():
        assert client.get("/health/live").status_code == 200
    [line] = [json.loads(line) for line in log.read_text().splitlines() if "/user-interactions" in line]
    assert line["status"] in (400, 499)
    assert cities(client) == []
    assert send(client, "whole").status_code == 201


def test_every_worker_shows_the_metrics_of_all(installation: Installation, start: Start) -> None:
    server, _ = start(installation, workers=2)
    seen: set[int] = set()
    for number in range(1, 13):
        # A connection of its own for each: the workers take them in turns, as the system pleases.
        with installation.client(server) as client:
            assert send(client, f"n{number}").status_code == 201
        with installation.client(server) as client:
            text = client.get("/metrics").text
        line = 'cobi_records_total{organisation="campus",type="user-interactions",outcome="stored"} '
        seen.add(int(text.partition(line)[2].partition("\n")[0]) - number)
    assert seen == {0}
