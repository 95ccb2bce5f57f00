"""The schemas of what is sent and answered."""

from __future__ import annotations

from typing import Any

from cobi.api.openapi.quarantine import quarantine_schemas
from cobi.domain.fields import Moment
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.record_type import RecordType
from cobi.domain.records import RECORD_TYPES

Schema = dict[str, Any]

UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = Moment().schema()
DAY: Schema = {"type": "string", "format": "date"}
OBJECT: Schema = {"type": "object"}


def schemas() -> Schema:
    """All schemas by name."""
    return {
        **{schema_name(record_type): record_schema(record_type) for record_type in RECORD_TYPES.values()},
        schema_name(INTERACTIONS): {**record_schema(INTERACTIONS), "anyOf": _sources()},
        "Error": {
            "type": "object",
            "properties": {
                "error": {"type": "string", "description": "The status in words."},
                "message": {"type": "string", "description": "What is wrong."},
                "code": {"type": "string", "description": "Stable, for programs."},
                "request_id": {"type": "string", "description": "Names the request in the server's log."},
                "hint": {"type": "string", "description": "What to do."},
                "errors": array_of(reference("RecordError")),
            },
            "required": ["error", "message", "code", "request_id"],
        },
        "RecordError": {
            "type": "object",
            "properties": {
                "index": {"type": "integer", "description": "The record's place in the request, from 0."},
                "field": nullable({"type": "string"}),
                "code": {"type": "string"},
                "message": {"type": "string"},
                "value": {"description": "The offending value, shortened."},
            },
            "required": ["field", "code", "message"],
        },
        "Batch": _batch(),
        "Recommendation": _recommendation(),
        **quarantine_schemas(),
        "Erasure": _erasure(),
    }


def _batch() -> Schema:
    counts = {name: {"type": "integer"} for name in ("received", "stored", "unchanged", "rejected")}
    data = {
        "status": {"type": "string", "enum": ["success", "partial", "error"]},
        "type": {"type": "string"},
        "message": {"type": "string"},
        "request_id": {"type": "string"},
        "batch_id": {"type": "string"},
        "error": nullable({"type": "string"}),
        **counts,
        "errors": array_of(reference("RecordError")),
        "warnings": array_of(OBJECT),
    }
    batch = {
        "batch": {"type": "integer"},
        "status": {"type": "integer", "enum": [200, 207, 400, 500]},
        "data": {"type": "object", "properties": data, "required": list(data)},
    }
    properties = {
        "request_id": {"type": "string"},
        "type": {"type": "string"},
        "batches": array_of({"type": "object", "properties": batch, "required": list(batch)}),
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _recommendation() -> Schema:
    properties = {
        "recommendation_id": UUID,
        "name": {"type": "string"},
        "student_id": UUID,
        "segment_id": UUID,
        "offers": array_of(UUID),
        "items": array_of(UUID),
        "item_id": {**UUID, "description": "The offer that these resemble."},
        "type": {"type": "string", "enum": ["SELF", "SEGMENT", "SIMILAR"]},
        "reasons": {"type": "object", "additionalProperties": array_of(OBJECT)},
    }
    return {"type": "object", "properties": properties, "required": ["recommendation_id", "name", "type"]}


def _erasure() -> Schema:
    counts = {name: {"type": "integer"} for name in ("removed", "anonymised")}
    store = {"type": "object", "properties": counts, "required": list(counts)}
    properties = {
        "receipt_id": UUID,
        "erased": MOMENT,
        "stores": {"type": "object", "description": "By table.", "additionalProperties": store},
        "models_due": array_of({"type": "integer", "description": "A version to be learned anew."}),
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def record_schema(record_type: RecordType) -> Schema:
    """The JSON Schema of a record as it is uploaded."""
    properties: Schema = {}
    for field in record_type.fields:
        schema = field.kind.schema()
        shown = schema if field.required else nullable(schema)
        properties[field.name] = {**shown, "description": field.meaning}
    required = [field.name for field in record_type.fields if field.required]
    return {
        "type": "object",
        "description": record_type.meaning,
        "properties": properties,
        "required": required,
    }


def _sources() -> list[Schema]:
    """Either no recommendation is named, or the source is COBI (D24)."""
    none: Schema = {"properties": {"recommendation_id": {"type": "null"}}}
    cobi: Schema = {"properties": {"source": {"const": "COBI"}}, "required": ["source"]}
    return [none, cobi]


def schema_name(record_type: RecordType) -> str:
    """The name of a record type's schema: `ShopTag` for `shop-tags`."""
    return "".join(part.capitalize() for part in record_type.singular.split())


def nullable(schema: Schema) -> Schema:
    """A schema that takes null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def reference(name: str) -> Schema:
    """A schema of the components, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Schema) -> Schema:
    """A JSON body of this schema."""
    return {"application/json": {"schema": schema}}


def array_of(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}
