"""Looking at refused records, trying them again, and dropping them (D6)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.errors import InvalidRequest
from cobi.domain.quarantine import EVERYTHING, Selection, in_order, parse_retry, type_name

AnyRequest = Request[Any, Any, Any]
_PAGE, _LARGEST_PAGE = 100, 1000


@get("/v1/quarantine")
async def refused(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through refused records, with counts by type and reason."""
    service = await gate.admit(request, "ingest")
    query = request.query_params
    limit = parameters.limit(query, _PAGE, _LARGEST_PAGE)
    return json_answer(await run(service.refused, _selection(query), limit, query.get("cursor")))


@get("/v1/quarantine/{quarantine_id:str}")
async def read_refused(
    request: AnyRequest, quarantine_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Read one refused record."""
    service = await gate.admit(request, "ingest")
    return json_answer(await run(service.read_refused, parameters.identifier("quarantine_id", quarantine_id)))


@post("/v1/quarantine/retry", status_code=200)
async def retry(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Try refused records again, mended by rules."""
    service = await gate.admit(request, "ingest")
    order = parse_retry(body.document_of(await body.json_body(request)))
    return json_answer(await run(service.retry, order))


@delete("/v1/quarantine", status_code=200)
async def drop(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Delete the refused records of a filter; all of them only when that is said."""
    service = await gate.admit(request, "admin")
    query = request.query_params
    selection, everything = _selection(query), parameters.boolean(query, "all")
    if everything == (selection != EVERYTHING):
        raise InvalidRequest(
            "say which records to delete: by type, code, from or to, or all=true alone",
            code="malformed_parameter",
        )
    dry_run = parameters.boolean(query, "dry_run")
    return json_answer(await run(service.drop_refused, selection, dry_run=dry_run))


@delete("/v1/quarantine/{quarantine_id:str}", status_code=200)
async def drop_one(
    request: AnyRequest, quarantine_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Delete one refused record."""
    service = await gate.admit(request, "admin")
    identifier = parameters.identifier("quarantine_id", quarantine_id)
    await run(service.read_refused, identifier)
    return json_answer(await run(service.drop_refused, Selection(ids=frozenset([identifier]))))


def _selection(query: parameters.Query) -> Selection:
    since, until = parameters.moment(query, "from"), parameters.moment(query, "to")
    return in_order(Selection(type_name(query.get("type")), parameters.code(query), since, until))
