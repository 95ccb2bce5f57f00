"""Around every request: its line in the log, its metrics and, where that is switched on, its trace."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from http import HTTPMethod, HTTPStatus
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from cobi.api.caller import caller_of
from cobi.api.exchange import Exchange
from cobi.api.headers import REQUEST_ID, noted
from cobi.metrics.families import REQUEST_SECONDS, REQUESTS
from cobi.metrics.metrics import Metrics
from cobi.server.logs import Lines, number
from cobi.server.tracing import Tracing

UNMATCHED = "(none)"
"""What stands for the path template where no path matched: callers must not be able to make up metrics."""

_METHODS = frozenset(HTTPMethod)
_QUIET = ("/health/", "/metrics")


class Entry(msgspec.Struct):
    """A request as its line in the log tells of it."""

    request_id: str | None
    method: str
    path: str
    status: int
    ms: float
    received: int
    sent: int
    organisation: str | None
    key: str | None
    event: str = "request"
    level: str = "info"
    timestamp: str = ""


_encode = msgspec.json.Encoder().encode


class Ledger:
    """Enters every request into the metrics and the log."""

    def __init__(self, metrics: Metrics, lines: Lines, log_level: str) -> None:
        self._metrics = metrics
        self._lines = lines
        self._threshold = number(log_level)

    def enter(self, scope: Any, exchange: Exchange, seconds: float) -> Entry:
        """Enter a request that has ended."""
        caller = caller_of(scope)
        method = scope["method"]
        entry = Entry(
            noted(scope).get(REQUEST_ID),
            method if method in _METHODS else "OTHER",
            scope.get("path_template") or UNMATCHED,
            exchange.status,
            round(seconds * 1000, 2),
            exchange.received,
            exchange.sent,
            caller.organisation.name if caller else None,
            caller.id if caller else None,
        )
        self._count(entry, seconds)
        self._write(entry)
        return entry

    def _count(self, entry: Entry, seconds: float) -> None:
        organisation = entry.organisation or ""
        self._metrics.count(REQUESTS, (organisation, entry.method, entry.path, str(entry.status)))
        self._metrics.observe(REQUEST_SECONDS, (organisation, entry.method, entry.path), seconds)

    def _write(self, entry: Entry) -> None:
        level, urgent = logging.INFO, False
        if entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            level, urgent, entry.level = logging.ERROR, True, "error"
        elif entry.path.startswith(_QUIET):
            level, entry.level = logging.DEBUG, "debug"
        if level >= self._threshold:
            entry.timestamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            self._lines.add(_encode(entry).decode(), urgent=urgent)


class Observer:
    """An ASGI application that watches another one's requests."""

    def __init__(self, application: ASGIApp, ledger: Ledger, tracing: Tracing | None) -> None:
        self._application = application
        self._ledger = ledger
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on a request."""
        seen, began = Exchange(), time.perf_counter()
        span = nullcontext() if self._tracing is None else self._tracing.request(scope)
        with span as traced:
            try:
                await self._application(scope, _receiving(receive, seen), _sending(send, seen))
            finally:
                seconds = time.perf_counter() - began
                entry = self._ledger.enter(scope, seen, seconds)
                if self._tracing is not None:
                    self._tracing.end(traced, msgspec.structs.asdict(entry))


def _receiving(receive: Receive, seen: Exchange) -> Receive:
    async def counted() -> Any:
        message = await receive()
        if message["type"] == "http.request":
            seen.received += len(message["body"])
        return message

    return counted


def _sending(send: Send, seen: Exchange) -> Send:
    async def counted(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status = message["status"]
        elif message["type"] == "http.response.body":
            seen.sent += len(message["body"])
        await send(message)

    return counted
