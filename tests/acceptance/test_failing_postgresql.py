"""A server whose PostgreSQL fails says 503, loses nothing it acknowledged, and recovers by itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from cobi.config.settings import Settings
from cobi.server.background import LOG
from cobi.store.dialect import _WRITE_LOCK
from tests.acceptance.failing import (
    IMPATIENT,
    RECOMMENDATION,
    Start,
    assert_unavailable,
    cities,
    send,
    until,
)
from tests.acceptance.installation import PATIENCE, install
from tests.acceptance.stored import read_stored
from tests.postgresql import create_database, restartable_server

UNSEEN_KEY = f"cobi_{'a' * 12}_{'A' * 43}"
"""In the form of a key, so that only the database can tell that it is none."""


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
        assert_unavailable(client.get("/v1/data", headers={"Authorization": f"Bearer {UNSEEN_KEY}"}))
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
        stored = read_stored(installation.settings).interactions
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
