"""Uploading and reading back (contract §2 and §3)."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.actions.ingesting.interact import Arrival, Recorded
from cobi.actions.ingesting.post import Posted
from cobi.api import body, idempotency, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.landing import handed_over, landed
from cobi.api.request_id import request_id_of
from cobi.domain.batch import BatchResult, describe
from cobi.domain.errors import InvalidRequest, NotFound, RejectedRecord
from cobi.domain.idempotency import Answer
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES
from cobi.service.service import Service
from cobi.store.interactions import Filter

AnyRequest = Request[Any, Any, Any]
_TYPES = {**RECORD_TYPES, INTERACTIONS.name: INTERACTIONS}
_PAGE, _LARGEST_PAGE = 100, 1000
SMALL_BYTES = 8192
"""A body up to this size is read sooner than a thread takes it over."""
_FILTERS = ("student_id", "item_type", "item_id", "from", "to")


@post("/v1/data/{record_type:str}", status_code=200)
async def upload(
    request: AnyRequest, record_type: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Upload up to 5000 records of one type."""
    service = await gate.admit(request, "ingest")
    kind = _type_named(record_type)
    raw = await body.json_body(request)
    if idempotency.is_asked_for(request):
        act = partial(
            _interact if kind is INTERACTIONS else partial(_upload, kind), raw, request_id_of(request)
        )
        return await idempotency.answer(request, service, raw, act)
    if kind is INTERACTIONS:
        return _response(await answer_interactions(service, raw, request_id_of(request)))
    begun = await run(_begin_uploading, service, kind, raw, request_id_of(request))
    result = service.uploaded(await landed(begun, service.patience))
    return json_answer(result.envelope(), result.http_status)


@post("/user-interactions", status_code=200)
async def interact(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Send one interaction, or up to 5000 in an envelope."""
    service = await gate.admit(request, "ingest")
    raw = await body.json_body(request)
    if idempotency.is_asked_for(request):
        act = partial(_interact, raw, request_id_of(request))
        return await idempotency.answer(request, service, raw, act)
    return _response(await answer_interactions(service, raw, request_id_of(request)))


@get("/v1/data")
async def overview(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """How many records of each type are stored."""
    service = await gate.admit(request, "ingest")
    return json_answer(await run(service.overview))


@get("/v1/data/{record_type:str}")
async def read_page(
    request: AnyRequest, record_type: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Page through the records of one type."""
    service = await gate.admit(request, "ingest")
    kind = _type_named(record_type)
    query = request.query_params
    limit, cursor = parameters.limit(query, _PAGE, _LARGEST_PAGE), query.get("cursor")
    if kind is INTERACTIONS:
        return json_answer(await run(service.read_interactions, _filter(query), limit, cursor))
    _refuse_filters(kind, query)
    return json_answer(await run(service.read_page, kind, limit, cursor))


@get("/user-interactions")
async def read_interactions(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through interactions, newest first."""
    service = await gate.admit(request, "ingest")
    query = request.query_params
    limit, cursor = parameters.limit(query, _PAGE, _LARGEST_PAGE), query.get("cursor")
    return json_answer(await run(service.read_interactions, _filter(query), limit, cursor))


@get("/v1/data/{record_type:str}/{record_id:str}")
async def read_one(
    request: AnyRequest, record_type: FromPath[str], record_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Read one record by its id."""
    service = await gate.admit(request, "ingest")
    kind = _type_named(record_type)
    return json_answer(await run(service.read, kind, parameters.identifier(kind.id_field.name, record_id)))


@get("/user-interactions/{record_id:str}")
async def read_interaction(
    request: AnyRequest, record_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """Read one interaction by its id."""
    service = await gate.admit(request, "ingest")
    return json_answer(
        await run(service.read, INTERACTIONS, parameters.identifier("interaction_id", record_id))
    )


def _begin_uploading(service: Service, kind: RecordType, raw: bytes, request_id: str) -> Future[BatchResult]:
    return service.begin_uploading(kind, body.records_of(raw), request_id)


async def answer_interactions(service: Service, raw: bytes, request_id: str) -> Answer:
    """Store one interaction, or those of an envelope, and answer what became of them."""
    small = len(raw) <= SMALL_BYTES
    post = service.read_post(raw, request_id) if small else None
    if post is not None:
        became: Posted | Recorded = await handed_over(service.begin_posting_all, post, service.patience)
        if isinstance(became, Posted):
            return await _created(service, service.posted(became).as_read_back(), became.identifier)
        return await _single(service, service.recorded(became))
    sent = _read(service, raw, request_id) if small else await run(_read, service, raw, request_id)
    recorded: Recorded = await handed_over(service.begin_recording_all, sent.arrival, service.patience)
    service.recorded(recorded)
    if not sent.single:
        return _answer(recorded.result.envelope(), recorded.result.http_status)
    return await _single(service, recorded)


async def _single(service: Service, recorded: Recorded) -> Answer:
    _refuse_rejected(recorded)
    return await _created(service, recorded.first_as_read_back(), recorded.ids[0])


async def _created(service: Service, stored: Any, identifier: bytes) -> Answer:
    return _answer(stored or await run(service.read, INTERACTIONS, identifier), 201)


class _Sent(NamedTuple):
    """The interactions of a request; `single` when its body is one."""

    arrival: Arrival
    single: bool


def _read(service: Service, raw: bytes, request_id: str) -> _Sent:
    sent = body.records_or_single(raw)
    single = isinstance(sent, msgspec.Raw)
    return _Sent(service.read_sent([sent] if single else sent, request_id), single)


def _upload(kind: RecordType, raw: bytes, request_id: str, service: Service) -> Answer:
    result = service.upload(kind, body.records_of(raw), request_id)
    return _answer(result.envelope(), result.http_status)


def _interact(raw: bytes, request_id: str, service: Service) -> Answer:
    sent = body.records_or_single(raw)
    if not isinstance(sent, msgspec.Raw):
        result = service.interact(sent, request_id).result
        return _answer(result.envelope(), result.http_status)
    recorded = service.interact([sent], request_id)
    _refuse_rejected(recorded)
    return _answer(service.read(INTERACTIONS, recorded.ids[0]), 201)


def _refuse_rejected(recorded: Recorded) -> None:
    for rejection in recorded.result.rejections:
        problems = [describe(problem) for problem in rejection.problems]
        raise RejectedRecord(problems, hint="mend it and send it again; it is in quarantine")


def _answer(value: Any, status: int) -> Answer:
    return Answer(status, msgspec.json.encode(value))


def _response(answer: Answer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type="application/json")


def _type_named(name: str) -> RecordType:
    if name not in _TYPES:
        message = f"there is no record type {name[:64]!r}; types are {', '.join(_TYPES)}"
        raise NotFound(message, code="unknown_type")
    return _TYPES[name]


def _refuse_filters(kind: RecordType, query: parameters.Query) -> None:
    """A filter that does nothing would look as if all records fitted it."""
    sent = next((name for name in _FILTERS if name in query), None)
    if sent is not None:
        message = f"{sent} filters {INTERACTIONS.name}, not {kind.name}"
        raise InvalidRequest(message, code="malformed_parameter", hint="leave it out")


def _filter(query: parameters.Query) -> Filter:
    student_id, item_id = query.get("student_id"), query.get("item_id")
    since, until = parameters.moment(query, "from"), parameters.moment(query, "to")
    if since is not None and until is not None and since > until:
        raise InvalidRequest("from lies after to", code="malformed_parameter")
    return Filter(
        None if student_id is None else parameters.identifier("student_id", student_id),
        parameters.item_type(query),
        None if item_id is None else parameters.identifier("item_id", item_id),
        since,
        until,
    )
