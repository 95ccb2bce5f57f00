"""Model versions: looking at them, letting one go live, going back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.caller import caller_of
from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import FieldProblem, Text
from cobi.domain.json_values import is_object

AnyRequest = Request[Any, Any, Any]
_PAGE, _LARGEST_PAGE = 100, 1000


@get("/v1/models")
async def list_models(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through versions, the newest first."""
    service = await gate.admit(request, "report")
    query = request.query_params
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    return json_answer(await run(service.models.list, limit, query.get("cursor")))


@get("/v1/models/compare")
async def compare(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Two versions side by side."""
    service = await gate.admit(request, "report")
    a, b = (parameters.version(name, request.query_params.get(name, "")) for name in ("a", "b"))
    return json_answer(await run(service.models.compare, a, b))


@get("/v1/models/{version:str}")
async def read_model(
    request: AnyRequest, version: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """All that is known of one version."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.models.read, parameters.version("version", version)))


@post("/v1/models/{version:str}/promote", status_code=200)
async def promote(
    request: AnyRequest, version: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Let a version go live."""
    service = await gate.admit(request, "admin")
    number = parameters.version("version", version)
    reason = await _reason(request, "promoted by hand")
    return json_answer(await run(service.models.promote, number, by=by(request), reason=reason))


@post("/v1/models/rollback", status_code=200)
async def roll_back(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Let the version before the live one go live again."""
    service = await gate.admit(request, "admin")
    reason = await _reason(request, "rolled back by hand")
    return json_answer(await run(service.models.roll_back, by=by(request), reason=reason))


def by(request: AnyRequest) -> str:
    """What a model's history calls the caller: the key's public id."""
    key = caller_of(request.scope)
    return "unknown" if key is None else f"key {key.id}"


async def _reason(request: AnyRequest, otherwise: str) -> str:
    document = body.document_of(await body.json_body(request) or b"{}")
    hint = 'send {"reason": "…"}, or nothing'
    if not is_object(document) or document.keys() - {"reason"}:
        raise InvalidRequest("the body must be a JSON object with a reason", code="malformed_body", hint=hint)
    sent = document.get("reason")
    if sent is None:
        return otherwise
    try:
        return str(Text().parse(sent))
    except FieldProblem as problem:
        raise InvalidRequest(f"reason {problem.message}", code="malformed_body", hint=hint) from None
