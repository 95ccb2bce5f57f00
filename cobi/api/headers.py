"""Headers that every answer carries: noted while the request is worked on, added when the answer starts."""

from __future__ import annotations

from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from cobi.domain.random_ids import random_id

REQUEST_ID = "X-Request-Id"
_STATE = "cobi_headers"


def noted(scope: Any) -> dict[str, str]:
    """The headers this request's answer will carry; the caller may add to them."""
    return scope.setdefault("state", {}).setdefault(_STATE, {})


async def add(message: Message, scope: Scope) -> None:
    """Add what was noted to an answer that starts."""
    if message["type"] == "http.response.start":
        mine = noted(scope)
        mine.setdefault(REQUEST_ID, random_id())
        answer = MutableScopeHeaders.from_message(message)
        for name, value in mine.items():
            answer[name] = value
