"""What students and segments should see (contract §4)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.landing import handed_over
from cobi.service.service import Service

AnyRequest = Request[Any, Any, Any]


@get("/v1/recommendations/customers/{customer_id:str}")
async def for_customer(
    request: AnyRequest, customer_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """The offers a student should see, best first."""
    service = await gate.admit(request, "recommend")
    return json_answer(await answers_for(service, customer_id, request.query_params))


async def answers_for(service: Service, customer_id: str, query: parameters.Query) -> list[dict[str, Any]]:
    """What a student should see, as it is sent.

    Ranked together with what others ask for at the same time, where nothing unusual is wanted.
    """
    identifier, wanted = parameters.identifier("customer_id", customer_id), parameters.wanted(query)
    if wanted.plain:
        answers = await handed_over(service.answers.ask_all, (identifier, wanted), service.patience)
    else:
        answers = await run(service.recommend, identifier, wanted)
    return [answer.as_json() for answer in answers]


@get("/v1/recommendations/items/{offer_id:str}")
async def for_offer(
    request: AnyRequest, offer_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """The offers that resemble one."""
    service = await gate.admit(request, "recommend")
    identifier = parameters.identifier("offer_id", offer_id)
    wanted = parameters.wanted(request.query_params)
    return json_answer((await run(service.answers.for_offer, identifier, wanted)).as_json())


@get("/v1/recommendations/segments/{segment_id:str}")
async def for_segment(
    request: AnyRequest, segment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """The offers a segment's members should see, best first."""
    service = await gate.admit(request, "recommend")
    identifier, wanted = (
        parameters.identifier("segment_id", segment_id),
        parameters.wanted(request.query_params),
    )
    return json_answer((await run(service.recommend_segment, identifier, wanted)).as_json())


@get("/v1/recommendations/{recommendation_id:str}")
async def retell(
    request: AnyRequest, recommendation_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """A past answer, ranked again with its model, settings and seed."""
    service = await gate.admit(request, "recommend")
    identifier = parameters.identifier("recommendation_id", recommendation_id)
    sent = request.query_params.get("why_not")
    missing = None if sent is None else parameters.identifier("why_not", sent)
    return json_answer(await run(service.answers.retell, identifier, missing))


@post("/v1/recommendations/{recommendation_id:str}/shown", status_code=200)
async def view(
    request: AnyRequest, recommendation_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Report which places of an answer came into view."""
    service = await gate.admit(request, "ingest")
    identifier = parameters.identifier("recommendation_id", recommendation_id)
    document = body.document_of(await body.json_body(request))
    return json_answer(await run(service.answers.view, identifier, document))
