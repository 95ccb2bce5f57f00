"""Which segments a student belongs to, from the student's own record and deeds as of this moment."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.segments.belonging import Names, belongs
from cobi.domain.segments.rule import When
from cobi.store import persons, revisions, segments
from cobi.store.database import Connection
from cobi.store.segments import Segment


@dataclass(frozen=True)
class Roll:
    """All segments, and what the ids in their rules stand for; never changes."""

    revision: tuple[int, int]
    segments: tuple[Segment, ...]
    names: Names


def roll_of(connection: Connection, before: Roll | None = None) -> Roll:
    """The segments as of this moment; `before`, where nothing has moved since."""
    moved = revisions.read_all(connection)
    revision = moved.get(revisions.SEGMENTS, 0), moved.get(revisions.CATALOGUE, 0)
    if before is not None and before.revision == revision and before.names.complete:
        return before
    found = segments.everything(connection)
    return Roll(revision, tuple(found), persons.names(connection, [one.rule for one in found]))


def segments_of(connection: Connection, roll: Roll, student_key: int, when: When) -> list[Segment]:
    """The student's segments, oldest first."""
    rules = [segment.rule for segment in roll.segments]
    person = persons.person(connection, student_key, rules) if rules else None
    if person is None:
        return []
    return [segment for segment in roll.segments if belongs(segment.rule, person, roll.names, when)]


def belonged(connection: Connection, segment: Segment, student_key: int, when: When) -> bool:
    """Whether a student met a segment's rule at a moment, judged by what was done until then."""
    person = persons.person(connection, student_key, [segment.rule], until=when.now)
    names = persons.names(connection, [segment.rule])
    return person is not None and belongs(segment.rule, person, names, when)
