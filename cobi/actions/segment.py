"""Making segments and reading them with their live size."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from cobi.domain.errors import Conflict, InvalidRequest, NotFound
from cobi.domain.fields import FieldProblem, Text
from cobi.domain.identifiers import format_id, parse_id, recommendation_id
from cobi.domain.json_values import is_object
from cobi.domain.moments import format_moment
from cobi.domain.segment import Rule, parse_rule
from cobi.store import segments
from cobi.store.database import Connection
from cobi.store.segments import Segment
from cobi.store.writer import Transaction

_FIELDS = ("segment_id", "name", "rule")


def create(transaction: Transaction, document: Any, now: int, today: date) -> dict[str, Any]:
    """Store a segment; the very same one again is answered, another rule under its name is a Conflict."""
    name, rule, segment_id = _read(document)
    connection = transaction.connection
    existing = segments.named(connection, name)
    if existing is None:
        identifier = segment_id or recommendation_id(now, os.urandom(10))
        if segments.find(connection, identifier) is not None:
            raise Conflict(
                f"segment_id {format_id(identifier)} is taken by another segment", code="segment_exists"
            )
        segments.add(connection, identifier, name, rule, now)
        return show(connection, identifier, today)
    if existing.rule != rule or segment_id not in (None, existing.segment_id):
        raise Conflict(
            f"a segment named {name!r} exists already", code="segment_exists", hint="choose another name"
        )
    return _describe(connection, existing, today)


def show(connection: Connection, segment_id: bytes, today: date) -> dict[str, Any]:
    """One segment with its number of members today; raises NotFound."""
    segment = segments.find(connection, segment_id)
    if segment is None:
        raise NotFound(f"segment {format_id(segment_id)} is not known", code="unknown_segment")
    return _describe(connection, segment, today)


def list_all(connection: Connection, today: date) -> dict[str, Any]:
    """All segments, oldest first."""
    return {
        "segments": [_describe(connection, segment, today) for segment in segments.everything(connection)]
    }


def _read(document: Any) -> tuple[str, Rule, bytes | None]:
    shape = 'send {"name": "Freshers in Bahrain", "rule": {"regions": ["BH"], "max_age": 19}}'
    if not is_object(document):
        raise InvalidRequest("a segment must be a JSON object", hint=shape)
    unknown = sorted(set(document) - set(_FIELDS))
    if unknown:
        raise InvalidRequest(f"a segment has no field {unknown[0][:64]!r}", hint=shape)
    try:
        name = Text().parse(document.get("name"))
    except FieldProblem as problem:
        raise InvalidRequest(f"name {problem.message}", hint=shape) from None
    sent = document.get("segment_id")
    segment_id = parse_id(sent) if isinstance(sent, str) else None
    if sent is not None and segment_id is None:
        raise InvalidRequest("segment_id is not a UUID", hint="leave it out and Cobi makes one")
    return name, parse_rule(document.get("rule")), segment_id


def _describe(connection: Connection, segment: Segment, today: date) -> dict[str, Any]:
    return {
        "segment_id": format_id(segment.segment_id),
        "name": segment.name,
        "rule": segment.rule.as_json(),
        "members": segments.size(connection, segment.rule, today),
        "created": format_moment(segment.created),
    }
