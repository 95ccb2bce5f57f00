"""Interactions in a small body, one or an envelope of them."""

from __future__ import annotations

from typing import Any

from cobi.api.express.express import Find, Headers, Route
from cobi.api.ingestion import SMALL_BYTES, answer_interactions
from cobi.api.request_id import id_in
from cobi.domain.idempotency import Answer
from cobi.service.service import Service

_LONGEST_LENGTH = 6  # digits; `int` refuses thousands of them


async def _work(service: Service, scope: Any, body: bytes) -> Answer:
    return await answer_interactions(service, body, id_in(scope))


_ROUTES = {
    "/user-interactions": Route("/user-interactions", "ingest", _work),
    "/v1/data/user-interactions": Route("/v1/data/{record_type}", "ingest", _work),
}


def interactions(max_body_bytes: int) -> Find:
    """Finds those whose body is no longer than allowed."""
    longest = min(SMALL_BYTES, max_body_bytes)

    def find(scope: Any, headers: Headers) -> Route | None:
        route = _ROUTES.get(scope["path"])
        if route is None or scope["method"] != "POST" or headers.get(b"content-type") != b"application/json":
            return None
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or len(length) > _LONGEST_LENGTH or int(length) > longest:
            return None
        return None if b"expect" in headers or b"idempotency-key" in headers else route

    return find
