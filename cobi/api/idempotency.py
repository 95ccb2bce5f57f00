"""The header Idempotency-Key: a request sent again is answered again and done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from litestar import Request, Response

from cobi.api import errors
from cobi.api.answers import run
from cobi.domain.errors import InvalidRequest, RejectedRecord
from cobi.domain.idempotency import Answer, Once
from cobi.service.service import Service

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 255

_FORM = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")

AnyRequest = Request[Any, Any, Any]


def is_asked_for(request: AnyRequest) -> bool:
    """Whether a request has a key."""
    return HEADER in request.headers


async def answer(
    request: AnyRequest, service: Service, body: bytes, act: Callable[[Service], Answer]
) -> Response[bytes]:
    """What `act` answers, done once where the request has a key."""
    once = _once(request, body)

    def settle(service: Service) -> Answer:
        try:
            return act(service)
        except RejectedRecord as refusal:
            # It was worked on: the record lies in quarantine, and shall not lie there twice.
            return Answer(errors.STATUS[RejectedRecord], errors.known_error(request, refusal).content)

    settled = await (run(settle, service) if once is None else run(service.once, once, settle))
    headers = {REPLAYED: "true"} if settled.replayed else {}
    return Response(settled.body, status_code=settled.status, media_type="application/json", headers=headers)


def _once(request: AnyRequest, body: bytes) -> Once | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if _FORM.fullmatch(key) is None:
        raise InvalidRequest(
            f"{HEADER} has 1 to {LONGEST} visible ASCII characters",
            code="malformed_idempotency_key",
            hint="a new UUID for each new request will do",
        )
    said = f"{request.method} {request.url.path}\n".encode() + body
    return Once(key, hashlib.blake2b(said, digest_size=32).digest())
