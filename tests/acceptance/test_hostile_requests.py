"""Every hostile request gets its answer from a real server, which works on as if nothing had happened."""

from __future__ import annotations

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from cobi.server.background import Background
from tests.acceptance.hostile_requests import GROUPS, HOSTILE, code_of, page
from tests.acceptance.installation import Installation
from tests.factories import an_id, interaction

PATIENCE = 20
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hostile-requests.md"


def answer_of(server: Background, message: bytes) -> tuple[int, bytes]:
    """The status and body a server answers to these bytes; status 0 when it hangs up without an answer."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as connection:
        # A server may refuse before it has read everything.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(message)
        response = http.client.HTTPResponse(connection)
        try:
            response.begin()
            return response.status, response.read()
        except (http.client.BadStatusLine, ConnectionResetError):
            return 0, b""


@pytest.mark.parametrize("title", GROUPS)
def test_every_hostile_request_gets_its_answer(
    server: Background, installation: Installation, title: str
) -> None:
    for hostile in GROUPS[title]:
        status, body = answer_of(server, hostile.message(installation.key))
        assert (status, code_of(body)) == (hostile.status, hostile.code), (hostile.name, body[:500])


def test_the_server_still_works_after_all_of_them_at_once(
    server: Background, installation: Installation, caller: httpx.Client
) -> None:
    with ThreadPoolExecutor(8) as pool:
        messages = [hostile.message(installation.key) for hostile in HOSTILE]
        answers = list(pool.map(partial(answer_of, server), messages))
    assert max(status for status, _ in answers) < 500
    sent = interaction(event_timestamp="2026-06-15T12:00:00Z")
    assert caller.post("/user-interactions", json=sent).status_code == 201
    [answer] = caller.get(f"/v1/recommendations/customers/{an_id('customers')}").json()
    assert answer["offers"] == [an_id("offers")]


def test_senders_that_never_finish_keep_nobody_else_waiting(server: Background, caller: httpx.Client) -> None:
    address = urlsplit(server.url)
    unfinished = b"POST /v1/data/tags HTTP/1.1\r\nHost: cobi\r\nContent-Length: 100\r\n"
    with ExitStack() as connections:
        for _ in range(100):
            connection = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
            connections.enter_context(connection).sendall(unfinished)
        assert caller.get("/v1/data").status_code == 200


def test_the_page_of_the_reference_is_the_table() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.acceptance.hostile_requests > " + str(PAGE.name)
