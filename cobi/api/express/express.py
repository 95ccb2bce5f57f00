"""From a request's arrival to the end of its answer: admission, body, work, errors, headers, its entry in the log."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from cobi.api import errors, headers
from cobi.api.auth import Gate
from cobi.api.exchange import Enter, Exchange
from cobi.domain.errors import CobiError, InvalidRequest
from cobi.domain.idempotency import Answer
from cobi.service.service import Service

Headers = Mapping[bytes, bytes]
_JSON = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True)
class Route:
    """What requests of one kind need and get; `work` is given the service, the ASGI scope and the body."""

    template: str
    scope: str
    work: Callable[[Service, Any, bytes], Awaitable[Answer]]


Find = Callable[[Any, Headers], Route | None]
"""Says whether a request of this ASGI scope and these headers is a usual one of some route."""


class Call(NamedTuple):
    """A request that is taken."""

    route: Route
    scope: Any
    headers: Headers


class Express:
    """Answers what its finders take."""

    def __init__(self, gate: Gate, finders: Iterable[Find], enter: Enter) -> None:
        self._gate = gate
        self._finders = tuple(finders)
        self._enter = enter

    def take(self, scope: Any) -> Call | None:
        """A request, if it is one of those."""
        if scope["type"] != "http":
            return None
        declared = dict(scope["headers"])
        if len(declared) != len(scope["headers"]):
            return None
        for find in self._finders:
            route = find(scope, declared)
            if route is not None:
                return Call(route, scope, declared)
        return None

    async def answer(self, call: Call, receive: Receive, send: Send) -> None:
        """Work on it."""
        began, exchange = time.perf_counter(), Exchange()
        call.scope["path_template"] = call.route.template
        try:
            answer, further = await self._outcome(call, receive, exchange)
            await _send(call.scope, answer, further, exchange, send)
        finally:
            self._enter(call.scope, exchange, time.perf_counter() - began)

    async def _outcome(
        self, call: Call, receive: Receive, exchange: Exchange
    ) -> tuple[Answer, list[tuple[bytes, bytes]]]:
        """The answer, and the headers that are its own."""
        body = None
        try:
            authorization = call.headers.get(b"authorization", b"").decode("latin-1")
            service = await self._gate.admit_with(call.scope, authorization, call.route.scope)
            body = await _body(call, receive, exchange)
            return await call.route.work(service, call.scope, body), []
        except CobiError as error:
            failed = errors.known_error(_request(call), error)
        except Exception as error:  # noqa: BLE001 (the last one who can answer; it is logged whole)
            failed = errors.unexpected_error(_request(call), error)
        # The HTTP server hangs up where the body was not read; whoever is not told would lose the next request.
        return Answer(failed.status_code or 500, failed.content), _own(failed, unread=body is None)


def _request(call: Call) -> Request[Any, Any, Any]:
    return Request(call.scope)


def _own(answer: Response[bytes], *, unread: bool) -> list[tuple[bytes, bytes]]:
    own = [_encoded(name, value) for name, value in answer.headers.items()]
    return [*own, _CLOSE] if unread else own


async def _body(call: Call, receive: Receive, exchange: Exchange) -> bytes:
    if call.headers.get(b"content-length", b"0") == b"0":
        return b""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequest("the body could not be read to its end", code="malformed_body")
        parts.append(message["body"])
        exchange.received += len(message["body"])
        more = message["more_body"]
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(
    scope: Scope, answer: Answer, further: Iterable[tuple[bytes, bytes]], exchange: Exchange, send: Send
) -> None:
    noted = [_encoded(name, value) for name, value in headers.noted(scope).items()]
    length = (b"content-length", b"%d" % len(answer.body))
    exchange.status, exchange.sent = answer.status, len(answer.body)
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [_JSON, length, *noted, *further],
    }
    end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": answer.body, "more_body": False}
    await send(start)
    await send(end)


def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")
