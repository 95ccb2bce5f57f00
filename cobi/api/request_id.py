"""Each request has an id, which its answer, its quarantined records and the log repeat."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

HEADER = "X-Request-Id"
_STATE = "cobi_request_id"


def request_id_of(request: Request[Any, Any, Any]) -> str:
    """The request's id, made when it is first asked for."""
    return _of_scope(request.scope)


async def add_header(message: Message, scope: Scope) -> None:
    """Repeat the id in the answer's header."""
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message)[HEADER] = _of_scope(scope)


def _of_scope(scope: Any) -> str:
    return scope.setdefault("state", {}).setdefault(_STATE, str(uuid.uuid4()))
