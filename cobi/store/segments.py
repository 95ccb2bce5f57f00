"""The rows of segments. A deleted one stays as a row that only the judging of answers it was given still reads."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select, update

from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import Rule
from cobi.store import revisions
from cobi.store.schema import segments

_COLUMNS = tuple(segments.c[name] for name in ("key", "segment_id", "name", "rule", "created", "updated"))
_THERE = segments.c.deleted.is_(None)


@dataclass(frozen=True)
class Segment:
    """A stored segment; `created` and `updated` are moments."""

    key: int
    segment_id: bytes
    name: str
    rule: Rule
    created: int
    updated: int


def add(connection: Connection, segment_id: bytes, name: str, rule: Rule, now: int) -> None:
    """Store a new segment."""
    row = {"segment_id": segment_id, "name": name, "rule": _text(rule), "created": now, "updated": now}
    connection.execute(insert(segments).values(row))
    revisions.move(connection, revisions.SEGMENTS)


def change(connection: Connection, key: int, name: str, rule: Rule, now: int) -> None:
    """Give a segment another name and rule."""
    row = {"name": name, "rule": _text(rule), "updated": now}
    connection.execute(update(segments).where(segments.c.key == key).values(row))
    revisions.move(connection, revisions.SEGMENTS)


def delete(connection: Connection, key: int, now: int) -> None:
    """Let a segment be no more; its name is free again, its id is not."""
    connection.execute(update(segments).where(segments.c.key == key).values(deleted=now))
    revisions.move(connection, revisions.SEGMENTS)


def find(connection: Connection, segment_id: bytes) -> Segment | None:
    """The segment of that id."""
    return _one(connection, segments.c.segment_id == segment_id, _THERE)


def named(connection: Connection, name: str) -> Segment | None:
    """The segment of that name."""
    return _one(connection, segments.c.name == name, _THERE)


def ever(connection: Connection, key: int) -> Segment | None:
    """The segment of that key, deleted or not."""
    return _one(connection, segments.c.key == key)


def is_taken(connection: Connection, segment_id: bytes) -> bool:
    """Whether a segment has or had that id."""
    return _one(connection, segments.c.segment_id == segment_id) is not None


def everything(connection: Connection) -> list[Segment]:
    """All segments, oldest first."""
    found = connection.execute(select(*_COLUMNS).where(_THERE).order_by(segments.c.key))
    return [_segment(*row) for row in found]


def count(connection: Connection) -> int:
    """How many segments there are."""
    return len(connection.execute(select(segments.c.key).where(_THERE)).all())


def _one(connection: Connection, *conditions: ColumnElement[bool]) -> Segment | None:
    row = connection.execute(select(*_COLUMNS).where(*conditions)).first()
    return _segment(*row) if row else None


def _segment(key: int, segment_id: bytes, name: str, rule: str, created: int, updated: int) -> Segment:
    return Segment(key, segment_id, name, parse_rule(msgspec.json.decode(rule)), created, updated)


def _text(rule: Rule) -> str:
    return msgspec.json.encode(rule.as_json()).decode()
