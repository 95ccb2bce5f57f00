"""The busiest request, interactions in a small body, answered without the framework's detours: as it would, and sooner.

Whatever is unusual about a request (another path, no length, a large body) is left to the framework.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from cobi.api import errors, headers
from cobi.api.auth import Gate
from cobi.api.ingestion import SMALL_BYTES, answer_interactions
from cobi.api.request_id import request_id_of
from cobi.domain.errors import CobiError, InvalidRequest

_TEMPLATES = {
    "/user-interactions": "/user-interactions",
    "/v1/data/user-interactions": "/v1/data/{record_type}",
}
_LONGEST_LENGTH = 6  # digits; `int` refuses thousands of them


def takes(scope: Any, max_body_bytes: int) -> bool:
    """Whether a request is one of those."""
    if scope["type"] != "http" or scope["path"] not in _TEMPLATES or scope["method"] != "POST":
        return False
    declared = dict(scope["headers"])
    length = declared.get(b"content-length", b"")
    if (
        not length.isdigit()
        or len(length) > _LONGEST_LENGTH
        or int(length) > min(SMALL_BYTES, max_body_bytes)
    ):
        return False
    unusual = b"expect" in declared or b"idempotency-key" in declared
    return declared.get(b"content-type") == b"application/json" and not unusual


class Express:
    """An ASGI application that answers a request which `takes` has let through."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on a request."""
        scope["path_template"] = _TEMPLATES[scope["path"]]
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            service = await self._gate.admit(request, "ingest")
            answer = await answer_interactions(service, await _body(receive), request_id_of(request))
        except CobiError as error:
            answer = errors.known_error(request, error)
        except Exception as error:  # noqa: BLE001 (the last one who can answer; it is logged whole)
            answer = errors.unexpected_error(request, error)
        await _send(answer, scope, send)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequest("the body could not be read to its end", code="malformed_body")
        parts.append(message["body"])
        more = message["more_body"]
    return b"".join(parts)


async def _send(answer: Response[bytes], scope: Scope, send: Send) -> None:
    content = answer.content
    named = {
        "content-type": "application/json",
        "content-length": str(len(content)),
        **answer.headers,
        **headers.noted(scope),
    }
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": answer.status_code or 200,
        "headers": encoded,
    }
    end: HTTPResponseBodyEvent = {"type": "http.response.body", "body": content, "more_body": False}
    await send(start)
    await send(end)
