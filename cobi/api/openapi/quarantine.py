"""The schemas of retries."""

from __future__ import annotations

from typing import Any

from cobi.domain import patterns
from cobi.domain.batch import MAX_RECORDS
from cobi.domain.fields import EventTime
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
    time = EventTime().schema()
    properties: dict[str, Any] = {
        "type": _open({"type": "string", "enum": list(TYPES)}, "Of this record type."),
        "code": _open({**_TEXT, "pattern": patterns.CODE}, "Refused for this reason."),
        "from": _open(time, "Refused from this time on."),
        "to": _open(time, "Refused before this time."),
        "ids": _open(ids, "These records."),
        "rules": _open(
            {"type": "array", "maxItems": MAX_RULES, "items": {"oneOf": rules}},
            "What to change before, in this order; needs type.",
        ),
        "dry_run": _open({"type": "boolean", "default": False}, "Store nothing."),
        "limit": _open(
            {"type": "integer", "minimum": 1, "maximum": MAX_RETRIED, "default": MAX_RETRIED},
            "How many at most.",
        ),
        "cursor": _open(_TEXT, "The next_cursor of the retry before."),
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _open(schema: dict[str, Any], meaning: str) -> dict[str, Any]:
    """A condition that null leaves open."""
    return {"anyOf": [schema, {"type": "null"}], "description": meaning}


def _rule(verb: str, *others: str) -> dict[str, Any]:
    values: dict[str, Any] = {name: _TEXT if name == "to" else {} for name in others}
    properties = {verb: _TEXT, **values}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _sample() -> dict[str, Any]:
    properties: dict[str, Any] = {
        "quarantine_id": {**_TEXT, "format": "uuid"},
        "type": _TEXT,
        "passes": {"type": "boolean", "description": "Whether it would be stored."},
        "before": {**_TEXT, "description": "The record as it was sent."},
        "after": {**_TEXT, "description": "The record after all rules."},
        "errors": {"type": "array", "items": {"type": "object"}},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "description": "Of a dry run.",
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
        "samples": {"type": "array", "items": _sample()},
        "next_cursor": {"anyOf": [_TEXT, {"type": "null"}]},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}
