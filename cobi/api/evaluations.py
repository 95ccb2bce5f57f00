"""Having models evaluated: asking for it, watching it, reading what was found, cancelling it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.models import by

AnyRequest = Request[Any, Any, Any]


@post("/v1/models/evaluate", status_code=202)
async def evaluate(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Have a process of its own tell how well what students did is foretold."""
    service = await gate.admit(request, "admin")
    plan = body.document_of(await body.json_body(request) or b"{}")
    return json_answer(await run(service.evaluations.request, plan, by=by(request)), 202)


@get("/v1/models/evaluations")
async def recent(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """The newest evaluations."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.evaluations.recent))


@get("/v1/models/evaluations/{job_id:str}")
async def read_job(
    request: AnyRequest, job_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """How far an evaluation is, or what it found."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.evaluations.read, parameters.identifier("job_id", job_id)))


@delete("/v1/models/evaluations/{job_id:str}", status_code=200)
async def cancel(request: AnyRequest, job_id: FromPath[str], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Cancel an evaluation; one that has ended stays as it is."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.evaluations.cancel, parameters.identifier("job_id", job_id)))
