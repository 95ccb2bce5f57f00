"""The rows of segments, and who belongs to them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, func, insert, select

from cobi.domain.segment import Rule, parse_rule
from cobi.store.schema import ENTITIES, segments

_customers = ENTITIES["customers"]
_COLUMNS = (segments.c.key, segments.c.segment_id, segments.c.name, segments.c.rule, segments.c.created)


@dataclass(frozen=True)
class Segment:
    """A stored segment; `created` is a moment."""

    key: int
    segment_id: bytes
    name: str
    rule: Rule
    created: int


def add(connection: Connection, segment_id: bytes, name: str, rule: Rule, now: int) -> None:
    """Store a new segment."""
    text = msgspec.json.encode(rule.as_json()).decode()
    connection.execute(insert(segments).values(segment_id=segment_id, name=name, rule=text, created=now))


def find(connection: Connection, segment_id: bytes) -> Segment | None:
    """The segment of that id."""
    row = connection.execute(select(*_COLUMNS).where(segments.c.segment_id == segment_id)).first()
    return _segment(*row) if row else None


def of_key(connection: Connection, key: int) -> Segment | None:
    """The segment of that key."""
    row = connection.execute(select(*_COLUMNS).where(segments.c.key == key)).first()
    return _segment(*row) if row else None


def named(connection: Connection, name: str) -> Segment | None:
    """The segment of that name."""
    row = connection.execute(select(*_COLUMNS).where(segments.c.name == name)).first()
    return _segment(*row) if row else None


def everything(connection: Connection) -> list[Segment]:
    """All segments, oldest first."""
    return [_segment(*row) for row in connection.execute(select(*_COLUMNS).order_by(segments.c.key))]


def size(connection: Connection, rule: Rule, today: date) -> int:
    """How many students belong today."""
    return connection.scalar(select(func.count()).select_from(_customers).where(_belongs(rule, today))) or 0


def members(connection: Connection, rule: Rule, today: date, most: int) -> NDArray[np.int64]:
    """The keys of up to `most` students who belong today, the newest first."""
    query = (
        select(_customers.c.key).where(_belongs(rule, today)).order_by(_customers.c.key.desc()).limit(most)
    )
    return np.fromiter(connection.scalars(query), dtype=np.int64)


def holds(connection: Connection, rule: Rule, student_key: int, today: date) -> bool:
    """Whether this student belongs today."""
    query = select(_customers.c.key).where(_customers.c.key == student_key, _belongs(rule, today))
    return connection.scalar(query) is not None


def _segment(key: int, segment_id: bytes, name: str, rule: str, created: int) -> Segment:
    return Segment(key, segment_id, name, parse_rule(msgspec.json.decode(rule)), created)


def _belongs(rule: Rule, today: date) -> ColumnElement[bool]:
    columns = _customers.c
    conditions: list[ColumnElement[bool]] = [columns.is_deleted.is_not(True)]
    if rule.regions:
        conditions.append(columns.region.in_(rule.regions))
    if rule.genders:
        conditions.append(func.lower(columns.gender).in_([gender.lower() for gender in rule.genders]))
    for ids, record_type, column in (
        (rule.institutes, "institutes", columns.institute_key),
        (rule.courses, "courses", columns.course_key),
    ):
        if ids:
            table = ENTITIES[record_type]
            conditions.append(column.in_(select(table.c.key).where(table.columns.values()[1].in_(ids))))
    if (born_until := rule.born_until(today)) is not None:
        conditions.append(columns.birthdate <= born_until)
    if (born_after := rule.born_after(today)) is not None:
        conditions.append(columns.birthdate > born_after)
    return and_(*conditions)
