"""Around every request: its line in the log, its metrics and, where that is switched on, its trace."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from cobi.api.caller import caller_of
from cobi.api.headers import REQUEST_ID, noted
from cobi.metrics.families import REQUEST_SECONDS, REQUESTS
from cobi.metrics.metrics import Metrics
from cobi.server.tracing import Tracing

NO_ANSWER = 499
"""What stands for a status when the caller left before there was one, as in nginx's log."""

UNMATCHED = "(none)"
"""What stands for the path template where no path matched: callers must not be able to make up metrics."""

_METHODS = frozenset(HTTPMethod)
_QUIET = ("/health/", "/metrics")


@dataclass
class _Seen:
    """What went over the wire."""

    status: int = NO_ANSWER
    received: int = 0
    sent: int = 0


class Observer:
    """An ASGI application that watches another one's requests."""

    def __init__(self, application: ASGIApp, metrics: Metrics, tracing: Tracing | None) -> None:
        self._application = application
        self._metrics = metrics
        self._tracing = tracing
        # Bound once, for binding takes longer than writing.
        self._log = structlog.get_logger("cobi.request").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on a request."""
        seen, began = _Seen(), time.perf_counter()
        span = nullcontext() if self._tracing is None else self._tracing.request(scope)
        with span as traced:
            try:
                await self._application(scope, _receiving(receive, seen), _sending(send, seen))
            finally:
                seconds = time.perf_counter() - began
                described = _describe(scope, seen, seconds)
                self._count(described, seconds)
                if self._tracing is not None:
                    self._tracing.end(traced, described)
                self._write(described)

    def _count(self, described: dict[str, Any], seconds: float) -> None:
        organisation, method, path = (described[name] for name in ("organisation", "method", "path"))
        meter = self._metrics.of(organisation or "")
        meter.count(REQUESTS, method, path, str(described["status"]))
        meter.observe(REQUEST_SECONDS, method, path, value=seconds)

    def _write(self, described: dict[str, Any]) -> None:
        if described["status"] >= 500:
            self._log.error("request", **described)
        elif described["path"].startswith(_QUIET):
            self._log.debug("request", **described)
        else:
            self._log.info("request", **described)


def _describe(scope: Any, seen: _Seen, seconds: float) -> dict[str, Any]:
    caller = caller_of(scope)
    return {
        "request_id": noted(scope).get(REQUEST_ID),
        "method": scope["method"] if scope["method"] in _METHODS else "OTHER",
        "path": scope.get("path_template") or UNMATCHED,
        "status": seen.status,
        "ms": round(seconds * 1000, 2),
        "received": seen.received,
        "sent": seen.sent,
        "organisation": caller.organisation.name if caller else None,
        "key": caller.id if caller else None,
    }


def _receiving(receive: Receive, seen: _Seen) -> Receive:
    async def counted() -> Any:
        message = await receive()
        if message["type"] == "http.request":
            seen.received += len(message["body"])
        return message

    return counted


def _sending(send: Send, seen: _Seen) -> Send:
    async def counted(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status = message["status"]
        elif message["type"] == "http.response.body":
            seen.sent += len(message["body"])
        await send(message)

    return counted
