"""Reports (contract §5)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from cobi.actions.reporting.items import BY
from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.errors import InvalidRequest
from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.reports import Against, Question
from cobi.store.rollups.evidence import Kind

MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_PAGE, _LARGEST_PAGE = 100, 1000


@get("/v1/reports/effectiveness")
async def effectiveness(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Answers, impressions, what came of them and rates, told apart in every way they are kept."""
    service = await gate.admit(request, "report")
    query = request.query_params
    question = question_of(query)
    written = parameters.choice(query, "format", ("json", "csv", "parquet"))
    if written == "csv":
        return table_answer((await run(service.reports.effectiveness_table, question)).encode(), written)
    if written == "parquet":
        return table_answer(await run(service.reports.effectiveness_parquet, question), written)
    return json_answer(await run(service.reports.effectiveness, question))


@get("/v1/reports/comparison")
async def comparison(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """The same beside that of another period, model version or arm, and what was launched meanwhile."""
    service = await gate.admit(request, "report")
    query = request.query_params
    told = await run(service.reports.comparison, question_of(query), against_of(query))
    return json_answer(told)


@get("/v1/reports/items")
async def items(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """What came with each shop or tag, most code reveals first."""
    service = await gate.admit(request, "report")
    query = request.query_params
    by, limit = parameters.choice(query, "by", BY), parameters.limit(query, _PAGE, _LARGEST_PAGE)
    return json_answer(await run(service.reports.items, question_of(query), by, limit))


@get("/v1/reports/effectiveness/answers")
async def answers(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through the answers that a report counts, newest first."""
    service = await gate.admit(request, "report")
    query = request.query_params
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    return json_answer(await run(service.reports.answers, question_of(query), limit, query.get("cursor")))


@get("/v1/reports/effectiveness/interactions")
async def interactions(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through the interactions that a report attributes, newest answers first."""
    service = await gate.admit(request, "report")
    query = request.query_params
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    told = await run(
        service.reports.interactions, question_of(query), kind_of(query), limit, query.get("cursor")
    )
    return json_answer(told)


@get("/v1/reports/claims")
async def claims(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through the interactions whose claim came to an outcome, newest first."""
    service = await gate.admit(request, "report")
    query = request.query_params
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    told = await run(service.reports.claims, claimed(query), outcome_of(query), limit, query.get("cursor"))
    return json_answer(told)


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


@post("/v1/doctor", status_code=200)
async def examine(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """The same, kept for the overview and for the reports of the days it shows on."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.reports.examine))


def table_answer(content: bytes, written: str) -> Response[bytes]:
    """A report as a file."""
    told = {"Content-Disposition": f'attachment; filename="effectiveness.{written}"'}
    return Response(content, media_type=MEDIA[written], headers=told)


def against_of(query: parameters.Query) -> Against | None:
    """What a report is to be compared with; raises InvalidRequest."""
    text = query.get("against")
    if text is None:
        return None
    kind, _, value = text.partition(":")
    if text == "before":
        return Against(before=True)
    if kind == "arm":
        return Against(arm=parameters.arm({"arm": value}))
    if kind == "model_version" and value:
        named = {"model_version": value}
        return Against(model_version=parameters.whole(named, "model_version", 0, 2**31 - 1))
    since, _, until = text.partition("/")
    if not until:
        raise InvalidRequest(
            f"against must be before, model_version:N, arm:NAME or FROM/TO, not {text[:64]!r}",
            code="malformed_parameter",
        )
    ends = {"against": since}, {"against": until}
    return Against(since=parameters.moment(ends[0], "against"), until=parameters.moment(ends[1], "against"))


def claimed(query: parameters.Query) -> Question:
    """Of which claims a request wants to know: a claim has a time and a platform, and nothing of an answer."""
    return Question(
        parameters.moment(query, "from"), parameters.moment(query, "to"), platform=parameters.platform(query)
    )


def outcome_of(query: parameters.Query) -> Outcome:
    """What the wanted claims came to; raises InvalidRequest."""
    return Outcome[parameters.choice(query, "outcome", tuple(Outcome.__members__))]


def kind_of(query: parameters.Query) -> Kind:
    """Which interactions are wanted; raises InvalidRequest."""
    text = query.get("interaction_type")
    if text is not None and text not in InteractionType.__members__:
        message = (
            f"interaction_type must be one of {', '.join(InteractionType.__members__)}, not {text[:64]!r}"
        )
        raise InvalidRequest(message, code="malformed_parameter")
    return Kind(None if text is None else InteractionType[text], parameters.boolean(query, "converted"))


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
