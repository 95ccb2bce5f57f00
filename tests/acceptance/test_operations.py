"""A server that is stopped, scraped, or left in the middle of a request."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from cobi.config.settings import Settings
from cobi.server.background import LOG
from tests.acceptance.failing import (
    Start,
    cities,
    send,
)
from tests.acceptance.installation import Installation, install
from tests.acceptance.stored import read_stored
from tests.acceptance.traffic import Ledger, traffic
from tests.factories import interaction


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(Settings(data=tmp_path))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_stopped_under_load_has_all_it_acknowledged(
    installation: Installation, start: Start, workers: int
) -> None:
    server, _ = start(installation, workers=workers)
    ledger = Ledger()
    with traffic(server.url, installation.key, ledger):
        ledger.wait_for_requests(60)
        assert server.stop() == 0
        ledger.gone = True
    stored = read_stored(installation.settings)
    assert len(ledger.promised) > 0
    assert (stored.lost(ledger.promised), stored.doubled) == (0, 0)


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
    while '"/user-interactions"' not in log.read_text():
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
