"""Segments: made, changed, deleted, read and tried out."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, idempotency, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.idempotency import Answer
from cobi.service.service import Service

AnyRequest = Request[Any, Any, Any]
MOST_OFFERS = 10
"""Of each segment in a list."""


@post("/v1/segments", status_code=201)
async def create(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Name a rule over students."""
    service = await gate.admit(request, "admin")
    raw = await body.json_body(request)
    return await idempotency.answer(request, service, raw, partial(_create, raw))


@get("/v1/segments")
async def list_all(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """All segments with their sizes, and what they get where that is asked for."""
    service = await gate.admit(request, "recommend")
    offers = parameters.whole(request.query_params, "offers", 0, MOST_OFFERS) or 0
    return json_answer(await run(service.segments.list, offers))


@post("/v1/segments/preview", status_code=200)
async def preview(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """What a rule would come to."""
    service = await gate.admit(request, "admin")
    document = body.document_of(await body.json_body(request))
    return json_answer(await run(service.segments.preview, document))


@get("/v1/segments/suggestions")
async def suggestions(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Segments found in what students do."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.segments.suggestions))


@get("/v1/segments/{segment_id:str}")
async def read(
    request: AnyRequest, segment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """One segment with its size."""
    service = await gate.admit(request, "recommend")
    return json_answer(await run(service.segments.read, parameters.identifier("segment_id", segment_id)))


@put("/v1/segments/{segment_id:str}")
async def change(
    request: AnyRequest, segment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Give a segment another name and rule."""
    service = await gate.admit(request, "admin")
    identifier = parameters.identifier("segment_id", segment_id)
    document = body.document_of(await body.json_body(request))
    return json_answer(await run(service.segments.change, identifier, document))


@delete("/v1/segments/{segment_id:str}", status_code=200)
async def remove(
    request: AnyRequest, segment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Let a segment be no more."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.segments.delete, parameters.identifier("segment_id", segment_id)))


def _create(raw: bytes, service: Service) -> Answer:
    return Answer(201, msgspec.json.encode(service.segments.create(body.document_of(raw))))
