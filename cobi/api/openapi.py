"""The contract as an OpenAPI 3.1 document, made from the record declarations and the table of operations below."""

from __future__ import annotations

from typing import Any

from cobi import __version__
from cobi.domain.batch import MAX_RECORDS
from cobi.domain.interaction import ItemType
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.recommendation import DEFAULT_LIMIT, MAX_LIMIT
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES

Schema = dict[str, Any]

_UUID: Schema = {"type": "string", "format": "uuid"}
_MOMENT: Schema = {"type": "string"}
_OBJECT: Schema = {"type": "object"}


def document() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cobi",
            "version": __version__,
            "description": "Recommendations for student-discount marketplaces, and what they caused.",
        },
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": {
                "Error": {"description": "What is wrong and what to do", "content": _json(_ref("Error"))}
            },
        },
    }


def record_schema(record_type: RecordType) -> Schema:
    """The JSON Schema of a record as it is uploaded."""
    properties: Schema = {}
    for field in record_type.fields:
        schema = field.kind.schema()
        shown = schema if field.required else _nullable(schema)
        properties[field.name] = {**shown, "description": field.meaning}
    required = [field.name for field in record_type.fields if field.required]
    return {
        "type": "object",
        "description": record_type.meaning,
        "properties": properties,
        "required": required,
    }


def schema_name(record_type: RecordType) -> str:
    """The name of a record type's schema: `ShopTag` for `shop-tags`."""
    return "".join(part.capitalize() for part in record_type.singular.split())


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _schemas() -> Schema:
    types = [*RECORD_TYPES.values(), INTERACTIONS]
    return {
        **{schema_name(record_type): record_schema(record_type) for record_type in types},
        "Error": {
            "type": "object",
            "properties": {
                "error": {"type": "string", "description": "The status in words."},
                "message": {"type": "string", "description": "What is wrong."},
                "code": {"type": "string", "description": "Stable, for programs."},
                "request_id": {"type": "string", "description": "Names the request in the server's log."},
                "hint": {"type": "string", "description": "What to do."},
                "errors": _array(_ref("RecordError")),
            },
            "required": ["error", "message", "code", "request_id"],
        },
        "RecordError": {
            "type": "object",
            "properties": {
                "index": {"type": "integer", "description": "The record's place in the request, from 0."},
                "field": _nullable({"type": "string"}),
                "code": {"type": "string"},
                "message": {"type": "string"},
                "value": {"description": "The offending value, shortened."},
            },
            "required": ["field", "code", "message"],
        },
        "Batch": _batch(),
        "Recommendation": _recommendation(),
    }


def _batch() -> Schema:
    counts = {name: {"type": "integer"} for name in ("received", "stored", "unchanged", "rejected")}
    data = {
        "status": {"type": "string", "enum": ["success", "partial", "error"]},
        "type": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
        "batch_id": {"type": "string"},
        "error": _nullable({"type": "string"}),
        **counts,
        "errors": _array(_ref("RecordError")),
        "warnings": _array(_OBJECT),
    }
    batch = {
        "batch": {"type": "integer"},
        "status": {"type": "integer", "enum": [200, 207, 400, 500]},
        "data": {"type": "object", "properties": data, "required": list(data)},
    }
    properties = {
        "request_id": {"type": "string"},
        "type": {"type": "string"},
        "batches": _array({"type": "object", "properties": batch, "required": list(batch)}),
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _recommendation() -> Schema:
    properties = {
        "recommendation_id": _UUID,
        "name": {"type": "string"},
        "student_id": _UUID,
        "segment_id": _UUID,
        "offers": _array(_UUID),
        "items": _array(_UUID),
        "type": {"type": "string", "enum": ["SELF", "SEGMENT"]},
        "reasons": {"type": "object", "additionalProperties": _array(_OBJECT)},
    }
    return {"type": "object", "properties": properties, "required": ["recommendation_id", "name", "type"]}


def _query(name: str, schema: Schema, meaning: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": meaning}


def _path(name: str, schema: Schema, meaning: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": meaning}


_PAGING = [
    _query(
        "limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "How many to answer."
    ),
    _query("cursor", {"type": "string"}, "The next_cursor of the page before."),
]
_INTERACTION_FILTERS = [
    _query("student_id", _UUID, "Of this student."),
    _query("item_type", {"type": "string", "enum": list(ItemType.__members__)}, "About items of this type."),
    _query("item_id", _UUID, "About this item."),
    _query("from", _MOMENT, "From this time on, in any form an event_timestamp may have."),
    _query("to", _MOMENT, "Before this time."),
]
_RANKING = [
    _query(
        "regions", {"type": "string"}, "Comma-separated regions in place of the student's own, such as BH,AE."
    ),
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many.",
    ),
    _query(
        "explain", {"type": "boolean", "default": False}, "Add each item's reasons, which sum to its score."
    ),
    _query(
        "item_type",
        {"type": "string", "enum": list(ItemType.__members__), "default": "OFFER"},
        "What to rank.",
    ),
]
_TYPE = _path(
    "record_type", {"type": "string", "enum": [*RECORD_TYPES, INTERACTIONS.name]}, "The record type."
)
_RECORD_ID = _path("record_id", _UUID, "The record's id.")
_ERRORS = {
    str(status): {"$ref": "#/components/responses/Error"} for status in (400, 401, 403, 404, 429, 500, 503)
}


def _operation(
    summary: str,
    scope: str,
    answers: dict[int, Schema],
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
) -> Schema:
    responses = {
        str(status): {"description": summary, "content": _json(schema)} for status, schema in answers.items()
    }
    extra = {} if body is None else {"requestBody": {"required": True, "content": _json(body)}}
    refused = _ERRORS if body is None else {**_ERRORS, **{str(s): _ERRORS["400"] for s in (409, 413, 415)}}
    described = (
        {"summary": summary, "description": f"Needs the scope `{scope}`."}
        if scope
        else {"summary": summary, "security": []}
    )
    return {**described, "parameters": parameters or [], **extra, "responses": {**refused, **responses}}


def _envelope(schema: Schema) -> Schema:
    records = {"type": "array", "minItems": 1, "maxItems": MAX_RECORDS, "items": schema}
    return {"type": "object", "properties": {"records": records}, "required": ["records"]}


def _paths() -> Schema:
    any_record = {"oneOf": [_ref(schema_name(kind)) for kind in (*RECORD_TYPES.values(), INTERACTIONS)]}
    interaction = _ref(schema_name(INTERACTIONS))
    page = {
        "type": "object",
        "properties": {"records": _array(_OBJECT), "next_cursor": _nullable({"type": "string"})},
    }
    batch = {200: _ref("Batch"), 207: _ref("Batch"), 400: {"oneOf": [_ref("Batch"), _ref("Error")]}}
    sent = {"oneOf": [interaction, _envelope(interaction)]}
    read_filters = [*_INTERACTION_FILTERS, *_PAGING]
    refused_filters = [
        _query("type", {"type": "string"}, "Of this record type."),
        _query("code", {"type": "string"}, "Refused for this reason."),
        *_PAGING,
    ]
    period = [
        _query(name, _MOMENT, meaning)
        for name, meaning in (("from", "Served from then on."), ("to", "Served before."))
    ]
    customer, segment = (
        _path("customer_id", _UUID, "The student."),
        _path("segment_id", _UUID, "The segment."),
    )
    with_segments = _query(
        "includeSegments",
        {"type": "boolean", "default": False},
        "Also one list for each of the student's segments.",
    )
    return {
        "/v1/data": {"get": _operation("How many records of each type are stored", "ingest", {200: _OBJECT})},
        "/v1/data/{record_type}": {
            "post": _operation("Upload records", "ingest", batch, [_TYPE], _envelope(any_record)),
            "get": _operation("Page through records", "ingest", {200: page}, [_TYPE, *read_filters]),
        },
        "/v1/data/{record_type}/{record_id}": {
            "get": _operation("Read a record", "ingest", {200: _OBJECT}, [_TYPE, _RECORD_ID])
        },
        "/user-interactions": {
            "post": _operation("Send interactions", "ingest", {**batch, 201: interaction}, body=sent),
            "get": _operation("Page through interactions, newest first", "ingest", {200: page}, read_filters),
        },
        "/user-interactions/{record_id}": {
            "get": _operation("Read an interaction", "ingest", {200: interaction}, [_RECORD_ID])
        },
        "/v1/quarantine": {
            "get": _operation("Page through refused records", "ingest", {200: _OBJECT}, refused_filters)
        },
        "/v1/recommendations/customers/{customer_id}": {
            "get": _operation(
                "What a student should see",
                "recommend",
                {200: _array(_ref("Recommendation"))},
                [customer, with_segments, *_RANKING],
            )
        },
        "/v1/recommendations/segments/{segment_id}": {
            "get": _operation(
                "What a segment's members should see",
                "recommend",
                {200: _ref("Recommendation")},
                [segment, *_RANKING],
            )
        },
        "/v1/segments": {
            "post": _operation("Make a segment", "admin", {201: _OBJECT}, body=_OBJECT),
            "get": _operation("All segments", "recommend", {200: _OBJECT}),
        },
        "/v1/segments/{segment_id}": {
            "get": _operation("Read a segment", "recommend", {200: _OBJECT}, [segment])
        },
        "/v1/reports/effectiveness": {
            "get": _operation("What recommendations were answered with", "report", {200: _OBJECT}, period)
        },
        "/v1/openapi.json": {"get": _operation("This document", "", {200: _OBJECT})},
        "/health/live": {"get": _operation("Whether the process answers", "", {200: _OBJECT})},
    }
