"""Having a model trained: asking for it, watching it, cancelling it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.models import by
from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import EventTime, FieldProblem
from cobi.domain.json_values import is_object, whole_number

AnyRequest = Request[Any, Any, Any]
_FLAGS = ("promote", "incremental")
_SHAPE = 'send {"seed": 0, "until": null, "promote": false, "incremental": false}, or nothing'
MOST_SEED = 2**53


@post("/v1/models/train", status_code=202)
async def train(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Have a model trained by a process of its own."""
    service = await gate.admit(request, "admin")
    order = _order(body.document_of(await body.json_body(request) or b"{}"))
    return json_answer(await run(service.training.request, by=by(request), **order), 202)


@get("/v1/models/train")
async def recent(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """The newest trainings."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.training.recent))


@get("/v1/models/train/{job_id:str}")
async def read_job(
    request: AnyRequest, job_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """How far a training is."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.training.read, parameters.identifier("job_id", job_id)))


@delete("/v1/models/train/{job_id:str}", status_code=200)
async def cancel(request: AnyRequest, job_id: FromPath[str], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Cancel a training; one that has ended stays as it is."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.training.cancel, parameters.identifier("job_id", job_id)))


def _order(document: Any) -> dict[str, Any]:
    if not is_object(document):
        raise InvalidRequest("the body must be a JSON object", code="malformed_body", hint=_SHAPE)
    unknown = sorted(document.keys() - {"seed", "until", *_FLAGS})
    if unknown:
        raise InvalidRequest(
            f"there is no field {unknown[0][:64]!r} here", code="malformed_body", hint=_SHAPE
        )
    seed = whole_number(document.get("seed", 0))
    if seed is None or not 0 <= seed < MOST_SEED:
        raise InvalidRequest("seed is not a whole number from 0", code="malformed_body", hint=_SHAPE)
    flags = {name: document.get(name, False) for name in _FLAGS}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise InvalidRequest(f"{name} is neither true nor false", code="malformed_body", hint=_SHAPE)
    return {"seed": seed, "until": _moment(document.get("until")), **flags}


def _moment(sent: Any) -> int | None:
    try:
        return None if sent is None else EventTime().parse(sent)
    except FieldProblem as problem:
        raise InvalidRequest(f"until {problem.message}", code="malformed_body", hint=_SHAPE) from None
