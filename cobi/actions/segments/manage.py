"""Making, changing, deleting and reading segments."""

from __future__ import annotations

import os
import time
from typing import Any

from cobi.actions.segments.crowds import Crowds, Size
from cobi.actions.segments.naming import names
from cobi.domain.errors import Conflict, InvalidRequest, NotFound
from cobi.domain.fields import FieldProblem, Text
from cobi.domain.identifiers import format_id, parse_id, recommendation_id
from cobi.domain.json_values import is_object
from cobi.domain.moments import format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import Rule, When
from cobi.store import membership, segments
from cobi.store.database import Connection
from cobi.store.segments import Segment
from cobi.store.writer import Transaction

MOST_SEGMENTS = 500
"""Of one organisation: each is asked about with every answer for segments."""

COUNTING_SECONDS = 5.0
"""For so long a list counts; sizes that would take longer are null."""

_SHAPE = 'send {"name": "Freshers in Bahrain", "rule": {"regions": ["BH"], "max_age": 19}}'


def create(transaction: Transaction, document: Any, when: When) -> dict[str, Any]:
    """Store a segment; the very same one again is answered, another rule under its name is a Conflict."""
    name, rule, segment_id = _read(document)
    connection = transaction.connection
    existing = segments.named(connection, name)
    if existing is None:
        identifier = segment_id or recommendation_id(when.now, os.urandom(10))
        _check_room(connection, identifier)
        segments.add(connection, identifier, name, rule, when.now)
        return _stored(connection, find(connection, identifier), when)
    if existing.rule != rule or segment_id not in (None, existing.segment_id):
        raise _taken(name)
    return _stored(connection, existing, when)


def change(transaction: Transaction, segment_id: bytes, document: Any, when: When) -> dict[str, Any]:
    """Give a segment the name and rule of a document; raises NotFound, or Conflict where the name is taken."""
    name, rule, _ = _read(document, ("name", "rule"))
    connection = transaction.connection
    segment = find(connection, segment_id)
    bearer = segments.named(connection, name)
    if bearer is not None and bearer.key != segment.key:
        raise _taken(name)
    if (segment.name, segment.rule) != (name, rule):
        segments.change(connection, segment.key, name, rule, when.now)
    return _stored(connection, find(connection, segment_id), when)


def delete(transaction: Transaction, segment_id: bytes, now: int) -> dict[str, Any]:
    """Let a segment be no more; what was shown to it stays in the report."""
    segment = find(transaction.connection, segment_id)
    segments.delete(transaction.connection, segment.key, now)
    return {"segment_id": format_id(segment_id), "deleted": format_moment(now)}


def find(connection: Connection, segment_id: bytes) -> Segment:
    """The segment of that id; raises NotFound."""
    segment = segments.find(connection, segment_id)
    if segment is None:
        raise NotFound(f"segment {format_id(segment_id)} is not known", code="unknown_segment")
    return segment


def show(connection: Connection, segment_id: bytes, when: When, crowds: Crowds) -> dict[str, Any]:
    """One segment with its size, and what the ids in its rule are called; raises NotFound."""
    segment = find(connection, segment_id)
    return _with_names(connection, segment, _counted(connection, segment, when, crowds))


def describe(connection: Connection, segment_id: bytes) -> dict[str, Any]:
    """The same with null for its size, which nobody counts; raises NotFound."""
    segment = find(connection, segment_id)
    return _with_names(connection, segment, _describe(segment, None))


def list_all(
    connection: Connection, when: When, crowds: Crowds, patience: float = COUNTING_SECONDS
) -> dict[str, Any]:
    """All segments, oldest first, with their sizes as far as there is time to count, and what ids are called."""
    everything = segments.everything(connection)
    until, listed = time.monotonic() + patience, list[dict[str, Any]]()
    for segment in everything:
        if time.monotonic() + crowds.seconds_to_count(connection, segment, when) < until:
            listed.append(_counted(connection, segment, when, crowds))
        else:
            listed.append(_describe(segment, None))
    return {"segments": listed, "names": names(connection, [segment.rule for segment in everything])}


def _check_room(connection: Connection, identifier: bytes) -> None:
    if segments.is_taken(connection, identifier):
        message = f"segment_id {format_id(identifier)} is taken by another segment, or was"
        raise Conflict(message, code="segment_exists", hint="leave it out and Cobi makes one")
    if segments.count(connection) >= MOST_SEGMENTS:
        message = f"there are {MOST_SEGMENTS} segments already, which is the most"
        raise Conflict(message, code="too_many_segments", hint="delete one first")


def _read(
    document: Any, fields: tuple[str, ...] = ("segment_id", "name", "rule")
) -> tuple[str, Rule, bytes | None]:
    if not is_object(document):
        raise InvalidRequest("a segment must be a JSON object", hint=_SHAPE)
    unknown = sorted(set(document).difference(fields))
    if unknown:
        raise InvalidRequest(f"there is no field {unknown[0][:64]!r} here", hint=_SHAPE)
    try:
        name = Text().parse(document.get("name"))
    except FieldProblem as problem:
        raise InvalidRequest(f"name {problem.message}", hint=_SHAPE) from None
    sent = document.get("segment_id")
    segment_id = parse_id(sent) if isinstance(sent, str) else None
    if sent is not None and segment_id is None:
        raise InvalidRequest("segment_id is not a UUID", hint="leave it out and Cobi makes one")
    return name, parse_rule(document.get("rule")), segment_id


def _taken(name: str) -> Conflict:
    message = f"a segment named {name!r} exists already"
    return Conflict(message, code="segment_exists", hint="choose another name, or change that one with PUT")


def _stored(connection: Connection, segment: Segment, when: When) -> dict[str, Any]:
    """What was written; counting what students did would hold up all other writes, so that size is null."""
    size = None
    if not segment.rule.asks_what_was_done:
        size = Size(membership.size(connection, segment.rule, when), when.now)
    return _with_names(connection, segment, _describe(segment, size))


def _with_names(connection: Connection, segment: Segment, told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "names": names(connection, [segment.rule])}


def _counted(connection: Connection, segment: Segment, when: When, crowds: Crowds) -> dict[str, Any]:
    return _describe(segment, crowds.size(connection, segment, when))


def _describe(segment: Segment, size: Size | None) -> dict[str, Any]:
    return {
        "segment_id": format_id(segment.segment_id),
        "name": segment.name,
        "rule": segment.rule.as_json(),
        "members": size.members if size else None,
        "counted": format_moment(size.counted) if size else None,
        "created": format_moment(segment.created),
        "updated": format_moment(segment.updated),
    }
