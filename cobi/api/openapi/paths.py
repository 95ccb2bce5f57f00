"""The table of operations."""

from __future__ import annotations

from cobi.api.openapi.parameters import (
    IDEMPOTENCY_KEY,
    INTERACTION_FILTERS,
    ONLY_CUSTOMERS,
    PAGING,
    RANKING,
    RECORD_ID,
    REFUSED_FILTERS,
    TYPE,
    in_path,
    in_query,
)
from cobi.api.openapi.schemas import (
    DURATION,
    MOMENT,
    OBJECT,
    UUID,
    Schema,
    array_of,
    content,
    nullable,
    reference,
    schema_name,
)
from cobi.domain.batch import MAX_RECORDS
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.records import RECORD_TYPES
from cobi.service.keyring import SCOPES

_ERRORS: dict[str, Schema] = {
    str(status): {"$ref": "#/components/responses/Error"} for status in (400, 401, 403, 404, 429, 500, 503)
}
_PAGE: Schema = {
    "type": "object",
    "properties": {"records": array_of(OBJECT), "next_cursor": nullable({"type": "string"})},
}
_BATCH: dict[int, Schema] = {
    200: reference("Batch"),
    207: reference("Batch"),
    400: {"oneOf": [reference("Batch"), reference("Error")]},
}
_ONCE: dict[int, Schema] = {422: reference("Error")}
_READ_FILTERS = [*INTERACTION_FILTERS, *PAGING]


def paths() -> Schema:
    """What can be asked for, path by path."""
    return {
        **_data(),
        **_interactions(),
        **_quarantine(),
        **_recommendations(),
        **_segments(),
        **_reports(),
        **_keys(),
        "/metrics": {"get": _metrics()},
        "/v1/openapi.json": {"get": _operation("This document", "", {200: OBJECT})},
        "/health/live": {"get": _operation("Whether the process answers", "", {200: OBJECT})},
        "/health/ready": {
            "get": _operation("Whether requests can be worked on", "", {200: OBJECT, 503: OBJECT})
        },
    }


def _data() -> Schema:
    any_record = {"oneOf": [reference(schema_name(kind)) for kind in (*RECORD_TYPES.values(), INTERACTIONS)]}
    student = [ONLY_CUSTOMERS, RECORD_ID]
    return {
        "/v1/data": {"get": _operation("How many records of each type are stored", "ingest", {200: OBJECT})},
        "/v1/data/{record_type}": {
            "post": _operation(
                "Upload records", "ingest", _ONCE | _BATCH, [TYPE, IDEMPOTENCY_KEY], _envelope(any_record)
            ),
            "get": _operation(
                "Page through records; the filters are for user-interactions",
                "ingest",
                {200: _PAGE},
                [TYPE, *_READ_FILTERS],
            ),
        },
        "/v1/data/{record_type}/{record_id}": {
            "get": _operation("Read a record", "ingest", {200: OBJECT}, [TYPE, RECORD_ID]),
            "delete": _operation("Erase a student", "admin", {200: reference("Erasure")}, student),
        },
        "/v1/data/{record_type}/{record_id}/export": {
            "get": _operation("Everything held on a student", "admin", {200: OBJECT}, student)
        },
        "/v1/erasures": {"get": _operation("The receipts of erasures", "admin", {200: OBJECT})},
    }


def _interactions() -> Schema:
    interaction = reference(schema_name(INTERACTIONS))
    sent = {"oneOf": [interaction, _envelope(interaction)]}
    newest_first = "Page through interactions, newest first"
    return {
        "/user-interactions": {
            "post": _operation(
                "Send interactions", "ingest", {**_ONCE, **_BATCH, 201: interaction}, [IDEMPOTENCY_KEY], sent
            ),
            "get": _operation(newest_first, "ingest", {200: _PAGE}, _READ_FILTERS),
        },
        "/user-interactions/{record_id}": {
            "get": _operation("Read an interaction", "ingest", {200: interaction}, [RECORD_ID])
        },
    }


def _quarantine() -> Schema:
    one = [in_path("quarantine_id", UUID, "The refused record.")]
    dropping = [
        *REFUSED_FILTERS,
        in_query("all", {"type": "boolean", "default": False}, "Without a filter: all of them."),
        in_query("dry_run", {"type": "boolean", "default": False}, "Only count them."),
    ]
    answer = {200: reference("Retried")}
    summary = "Try refused records again, mended by rules"
    return {
        "/v1/quarantine": {
            "get": _operation(
                "Page through refused records", "ingest", {200: OBJECT}, [*REFUSED_FILTERS, *PAGING]
            ),
            "delete": _operation("Delete refused records", "admin", {200: OBJECT}, dropping),
        },
        "/v1/quarantine/retry": {"post": _operation(summary, "ingest", answer, body=reference("Retry"))},
        "/v1/quarantine/{quarantine_id}": {
            "get": _operation("Read a refused record", "ingest", {200: OBJECT}, one),
            "delete": _operation("Delete a refused record", "admin", {200: OBJECT}, one),
        },
    }


def _recommendations() -> Schema:
    one = reference("Recommendation")
    customer, segment = in_path("customer_id", UUID, "The student."), _segment_id()
    with_segments = in_query(
        "includeSegments",
        {"type": "boolean", "default": False},
        "Also one list for each of the student's segments.",
    )
    for_customer = _operation(
        "What a student should see",
        "recommend",
        {200: array_of(one)},
        [customer, with_segments, *RANKING],
    )
    for_segment = _operation(
        "What a segment's members should see", "recommend", {200: one}, [segment, *RANKING]
    )
    return {
        "/v1/recommendations/customers/{customer_id}": {"get": for_customer},
        "/v1/recommendations/segments/{segment_id}": {"get": for_segment},
    }


def _segments() -> Schema:
    return {
        "/v1/segments": {
            "post": _operation("Make a segment", "admin", {**_ONCE, 201: OBJECT}, [IDEMPOTENCY_KEY], OBJECT),
            "get": _operation("All segments", "recommend", {200: OBJECT}),
        },
        "/v1/segments/{segment_id}": {
            "get": _operation("Read a segment", "recommend", {200: OBJECT}, [_segment_id()])
        },
    }


def _reports() -> Schema:
    period = [in_query("from", MOMENT, "Served from then on."), in_query("to", MOMENT, "Served before.")]
    return {
        "/v1/reports/effectiveness": {
            "get": _operation("What recommendations were answered with", "report", {200: OBJECT}, period)
        }
    }


def _keys() -> Schema:
    key_id = in_path("key_id", {"type": "string"}, "The key's public id.")
    key, made, length = reference("Key"), reference("NewKey"), nullable(DURATION)
    scopes = array_of({"type": "string", "enum": list(SCOPES)})
    wanted: Schema = {
        "type": "object",
        "properties": {"scopes": scopes, "label": nullable({"type": "string"}), "expires_in": length},
        "required": ["scopes"],
    }
    rotation: Schema = {"type": "object", "properties": {"overlap": DURATION, "expires_in": length}}
    listed: Schema = {"type": "object", "properties": {"keys": array_of(key)}}
    rotate = _operation(
        "Make a key's successor; the old one goes on for the overlap",
        "admin",
        {201: made},
        [key_id],
        rotation,
    )
    return {
        "/v1/keys": {
            "post": _operation("Make a key", "admin", {201: made}, body=wanted),
            "get": _operation("All keys, without their secrets", "admin", {200: listed}),
        },
        "/v1/keys/{key_id}": {"delete": _operation("End a key", "admin", {200: key}, [key_id])},
        "/v1/keys/{key_id}/rotate": {"post": rotate},
    }


def _metrics() -> Schema:
    described = _operation("Metrics in Prometheus' text format", "admin", {200: OBJECT})
    described["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return described


def _segment_id() -> Schema:
    return in_path("segment_id", UUID, "The segment.")


def _operation(
    summary: str,
    scope: str,
    answers: dict[int, Schema],
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
) -> Schema:
    responses = {
        str(status): {"description": summary, "content": content(schema)}
        for status, schema in answers.items()
    }
    extra = {} if body is None else {"requestBody": {"required": True, "content": content(body)}}
    refused = _ERRORS if body is None else {**_ERRORS, **{str(s): _ERRORS["400"] for s in (409, 413, 415)}}
    described: Schema = {"description": f"Needs the scope `{scope}`."} if scope else {"security": []}
    return {
        "summary": summary,
        **described,
        "parameters": parameters or [],
        **extra,
        "responses": {**refused, **responses},
    }


def _envelope(schema: Schema) -> Schema:
    records = {"type": "array", "minItems": 1, "maxItems": MAX_RECORDS, "items": schema}
    return {"type": "object", "properties": {"records": records}, "required": ["records"]}
