"""Looking at one student: found by an id, what they did and were shown, what they would be shown now."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate

AnyRequest = Request[Any, Any, Any]
_PAGE, _LARGEST_PAGE = 50, 200


@get("/v1/students")
async def search(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """The students of an id, or those who did something last."""
    service = await gate.admit(request, "recommend")
    identifier = parameters.optional_identifier(request.query_params, "id")
    return json_answer(await run(service.students.search, identifier))


@get("/v1/students/{customer_id:str}")
async def read(
    request: AnyRequest, customer_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Who a student is."""
    service = await gate.admit(request, "recommend")
    return json_answer(await run(service.students.read, parameters.identifier("customer_id", customer_id)))


@get("/v1/students/{customer_id:str}/timeline")
async def timeline(
    request: AnyRequest, customer_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """What a student did and was shown, newest first."""
    service = await gate.admit(request, "recommend")
    query = request.query_params
    identifier = parameters.identifier("customer_id", customer_id)
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    return json_answer(await run(service.students.timeline, identifier, limit, query.get("cursor")))


@get("/v1/students/{customer_id:str}/recommendations")
async def glance(
    request: AnyRequest, customer_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """What a student would be shown now, and why; neither logged nor counted."""
    service = await gate.admit(request, "recommend")
    query = request.query_params
    identifier = parameters.identifier("customer_id", customer_id)
    missing = parameters.optional_identifier(query, "why_not")
    return json_answer(await run(service.answers.glance, identifier, parameters.glanced(query), missing))
