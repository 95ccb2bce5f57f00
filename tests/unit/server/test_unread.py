"""A connection whose body was not read is said to end, so that nobody sends another request over it."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from cobi.server.unread import Unread


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def reads_one_piece(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 413, "headers": []})


async def reads_nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": []})


def headers_of(application: Any, request: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    pieces = iter([(b"{", True), (b"}", False)])
    sent: list[Any] = []

    async def receive() -> Any:
        body, more = next(pieces)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "headers": request}
    anyio.run(Unread(application), scope, receive, send)
    return sent[0]["headers"]


@pytest.mark.parametrize("announced", [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")])
def test_a_body_that_was_not_read_to_its_end_ends_the_connection(announced: tuple[bytes, bytes]) -> None:
    for hasty in (reads_nothing, reads_one_piece):
        assert headers_of(hasty, [announced]) == [(b"connection", b"close")]
    assert headers_of(reads_all, [announced]) == []


@pytest.mark.parametrize("request_headers", [[], [(b"content-length", b"0")]])
def test_a_request_without_a_body_does_not(request_headers: list[tuple[bytes, bytes]]) -> None:
    assert headers_of(reads_nothing, request_headers) == []
