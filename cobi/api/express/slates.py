"""What a student should see, asked for in the usual way."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from cobi.api.express.express import Find, Headers, Route
from cobi.api.recommendations import answers_for
from cobi.api.request_id import id_in
from cobi.domain.idempotency import Answer
from cobi.service.service import Service

_PREFIX = "/v1/recommendations/customers/"
_USUAL_QUERY = re.compile(rb"(?:[A-Za-z_]+=[A-Za-z0-9_,-]*(?:&(?!$)|$))*")
"""Without what has to be decoded."""


async def _work(service: Service, scope: Any, body: bytes) -> Answer:  # noqa: ARG001 (there is none)
    id_in(scope)
    parts = (part.partition("=") for part in scope["query_string"].decode("ascii").split("&") if part)
    query = {name: value for name, _, value in parts}
    return Answer(200, msgspec.json.encode(await answers_for(service, scope["path"][len(_PREFIX) :], query)))


_ROUTE = Route(f"{_PREFIX}{{customer_id}}", "recommend", _work)


def slates() -> Find:
    """Finds those that have no body and name no parameter twice."""

    def find(scope: Any, headers: Headers) -> Route | None:
        path, query = scope["path"], scope["query_string"]
        if not path.startswith(_PREFIX) or scope["method"] != "GET" or "/" in path[len(_PREFIX) :]:
            return None
        if b"transfer-encoding" in headers or b"content-length" in headers or b"expect" in headers:
            return None
        if not query:
            return _ROUTE
        names = [part.partition(b"=")[0] for part in query.split(b"&")]
        usual = len(set(names)) == len(names) and _USUAL_QUERY.fullmatch(query)
        return _ROUTE if usual else None

    return find
