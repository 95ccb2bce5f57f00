"""Experiments: what is tried on whom, and what it caused."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, idempotency, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.idempotency import Answer
from cobi.service.service import Service

AnyRequest = Request[Any, Any, Any]


@post("/v1/experiments", status_code=201)
async def create_experiment(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Declare an experiment or a holdout."""
    service = await gate.admit(request, "admin")
    raw = await body.json_body(request)
    return await idempotency.answer(request, service, raw, partial(_create, raw))


@get("/v1/experiments")
async def list_experiments(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """All experiments, the newest first."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.experiments.list))


@get("/v1/experiments/{experiment_id:str}")
async def read_experiment(
    request: AnyRequest, experiment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """One experiment with its figures."""
    service = await gate.admit(request, "report")
    return json_answer(await run(service.experiments.read, _id(experiment_id)))


@get("/v1/experiments/{experiment_id:str}/days")
async def read_days(
    request: AnyRequest, experiment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """One of its metrics, as of the end of each day."""
    service = await gate.admit(request, "report")
    query = request.query_params
    metric = parameters.choice(query, "metric", tuple(METRICS)) if "metric" in query else None
    return json_answer(await run(service.experiments.days, _id(experiment_id), metric))


@post("/v1/experiments/{experiment_id:str}/start", status_code=200)
async def start_experiment(
    request: AnyRequest, experiment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Let it run from now on."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.experiments.start, _id(experiment_id)))


@post("/v1/experiments/{experiment_id:str}/stop", status_code=200)
async def stop_experiment(
    request: AnyRequest, experiment_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Let it end for good."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.experiments.stop, _id(experiment_id)))


def _id(text: str) -> bytes:
    return parameters.identifier("experiment_id", text)


def _create(raw: bytes, service: Service) -> Answer:
    return Answer(201, msgspec.json.encode(service.experiments.create(body.document_of(raw))))
