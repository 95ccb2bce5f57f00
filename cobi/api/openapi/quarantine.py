"""The schemas of retries."""

from __future__ import annotations

from typing import Any

from cobi.domain.batch import MAX_RECORDS
from cobi.domain.mending import MAX_RULES
from cobi.domain.quarantine import MAX_RETRIED, TYPES

_TEXT: dict[str, Any] = {"type": "string"}
_COUNTS = {name: {"type": "integer"} for name in ("examined", "stored", "unchanged", "refused")}


def quarantine_schemas() -> dict[str, Any]:
    """What a retry is asked and answered, by name."""
    return {"Retry": _retry(), "Retried": _retried()}


def _retry() -> dict[str, Any]:
    rules = [_rule("set", "value"), _rule("default", "value"), _rule("rename", "to")]
    rules += [_rule("replace", "value", "by"), _rule("read"), _rule("drop")]
    ids = {"type": "array", "minItems": 1, "maxItems": MAX_RECORDS, "items": {**_TEXT, "format": "uuid"}}
    properties: dict[str, Any] = {
        "type": {"type": "string", "enum": list(TYPES), "description": "Of this record type."},
        "code": {**_TEXT, "description": "Refused for this reason."},
        "from": {"description": "Refused from this time on."},
        "to": {"description": "Refused before this time."},
        "ids": {**ids, "description": "These records."},
        "rules": {
            "type": "array",
            "maxItems": MAX_RULES,
            "items": {"oneOf": rules},
            "description": "What to change before, in this order; needs type.",
        },
        "dry_run": {"type": "boolean", "default": False, "description": "Store nothing."},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_RETRIED, "default": MAX_RETRIED},
        "cursor": {**_TEXT, "description": "The next_cursor of the retry before."},
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _rule(verb: str, *others: str) -> dict[str, Any]:
    values: dict[str, Any] = {name: _TEXT if name == "to" else {} for name in others}
    properties = {verb: _TEXT, **values}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _retried() -> dict[str, Any]:
    row = {"type": "object", "properties": {"type": _TEXT, **_COUNTS}}
    objects = {"type": "array", "items": {"type": "object"}}
    properties: dict[str, Any] = {
        "dry_run": {"type": "boolean"},
        "exact": {
            "type": "boolean",
            "description": "False where a dry run was too large to be undone at once.",
        },
        **_COUNTS,
        "types": {"type": "array", "items": row},
        "reasons": {"type": "object", "additionalProperties": {"type": "integer"}},
        "errors": objects,
        "warnings": objects,
        "next_cursor": {"anyOf": [_TEXT, {"type": "null"}]},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}
