"""Reports (contract §5)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.reports import Question

CSV = "text/csv; charset=utf-8"


@get("/v1/reports/effectiveness")
async def effectiveness(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Answers, impressions, what came of them and rates, told apart in every way they are kept."""
    service = await gate.admit(request, "report")
    query = request.query_params
    question = question_of(query)
    if parameters.choice(query, "format", ("json", "csv")) == "csv":
        table = await run(service.reports.effectiveness_table, question)
        return Response(table.encode(), media_type=CSV)
    return json_answer(await run(service.reports.effectiveness, question))


@get("/v1/overview")
async def overview(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """The last seven days beside the seven before, the loop's health, and what has changed."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.reports.overview))


@get("/v1/doctor")
async def doctor(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """What is wrong with the feedback loop itself, since when, and what to do."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.reports.health))


def question_of(query: parameters.Query) -> Question:
    """What a request's parameters ask of the report; raises InvalidRequest."""
    return Question(
        parameters.moment(query, "from"),
        parameters.moment(query, "to"),
        parameters.whole(query, "model_version", 0, 2**31 - 1),
        parameters.arm(query),
        parameters.region(query),
        parameters.platform(query),
        parameters.optional_identifier(query, "shop_id"),
        parameters.optional_identifier(query, "tag_id"),
        parameters.whole(query, "position", 1, 1000),
    )
