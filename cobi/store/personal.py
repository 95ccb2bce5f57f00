"""Which rows are about one student; the rows' names for the student are the same for reading and for erasing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from cobi.domain.identifiers import parse_id
from cobi.domain.json_values import is_object
from cobi.store.keys import chunks
from cobi.store.schema import ENTITIES, attributions, interactions, quarantine, recommendations, visitors

_customers = ENTITIES["customers"]
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Person:
    """A student as the tables know them; without `key` there is no such customer.

    `visitors` are the pseudonyms, by key, under which nobody else is known to have acted; `shared` are the keys
    of those under which others have.
    """

    customer_id: bytes
    key: int | None
    user_id: bytes | None
    visitors: dict[int, str]
    shared: frozenset[int] = frozenset()


def find(connection: Connection, customer_id: bytes) -> Person:
    """The student of this id, soft-deleted ones too."""
    query = select(_customers.c.key, _customers.c.user_id).where(_customers.c.customer_id == customer_id)
    row = connection.execute(query).first()
    if row is None:
        return Person(customer_id, None, None, {})
    found = _visitors(connection, row[0], row[1])
    shared = _shared(connection, row[0], found)
    theirs = {key: name for key, name in found.items() if key not in shared}
    return Person(customer_id, row[0], row[1], theirs, shared)


def _visitors(connection: Connection, student_key: int, user_id: bytes) -> dict[int, str]:
    """The pseudonyms the student is known to have acted under, and the one of their own."""
    acted = interactions.c
    used = select(acted.visitor_key).where(acted.student_key == student_key, acted.visitor_key.is_not(None))
    query = select(visitors.c.key, visitors.c.user_id)
    found: dict[int, str] = {}
    for condition in (visitors.c.identity == user_id, visitors.c.key.in_(used)):
        found |= {row[0]: row[1] for row in connection.execute(query.where(condition))}
    return found


def _shared(connection: Connection, student_key: int, found: Collection[int]) -> frozenset[int]:
    acted = interactions.c
    others = acted.student_key.is_not(None) & (acted.student_key != student_key)
    return frozenset(
        key
        for chunk in chunks(found)
        for key in connection.scalars(
            select(acted.visitor_key).where(acted.visitor_key.in_(chunk), others).distinct()
        )
        if key is not None
    )


def recommendation_ids(connection: Connection, person: Person) -> list[bytes]:
    """The answers the student was given."""
    columns = recommendations.c
    query = select(columns.recommendation_id).where(columns.student_key == person.key)
    return sorted(connection.scalars(query))


def interaction_ids(connection: Connection, person: Person, answers: Collection[bytes]) -> list[bytes]:
    """What the student did: by name, under a pseudonym of theirs, or namelessly with an answer given to them."""
    acted = interactions.c
    nameless = acted.student_key.is_(None)
    conditions: list[ColumnElement[bool]] = [acted.student_key == person.key]
    conditions += [nameless & acted.visitor_key.in_(chunk) for chunk in chunks(person.visitors)]
    claims = attributions.c.interaction_id
    conditions += [
        nameless & acted.interaction_id.in_(select(claims).where(attributions.c.recommendation_id.in_(chunk)))
        for chunk in chunks(answers)
    ]
    found: set[bytes] = set()
    for condition in conditions:
        found |= set(connection.scalars(select(acted.interaction_id).where(condition)))
    return sorted(found)


def quarantined(connection: Connection, person: Person, after: int = 0) -> list[RowMapping]:
    """The refused records whose bodies name the student, in the order they came, behind the key `after`."""
    ids = [person.customer_id.hex(), *([person.user_id.hex()] if person.user_id else [])]
    # Those in the form of a UUID are found in whatever form they were sent.
    pseudonyms = {name for name in person.visitors.values() if parse_id(name) is None}
    ids += [found.hex() for name in person.visitors.values() if (found := parse_id(name))]
    # On the statement: a connection would go on streaming what comes after.
    query = select(quarantine).where(quarantine.c.key > after).order_by(quarantine.c.key)
    streamed = connection.execute(query.execution_options(stream_results=True))
    return [
        row
        for rows in streamed.mappings().partitions(_ROWS_AT_ONCE)
        for row in rows
        if _names(bytes(row["body"]), ids, pseudonyms)
    ]


def last_quarantined(connection: Connection) -> int:
    """The key of the newest refused record."""
    return connection.scalar(select(func.max(quarantine.c.key))) or 0


def _names(body: bytes, ids: Collection[str], pseudonyms: Collection[str]) -> bool:
    """Whether a body, which need not be JSON, names a student by an id in any text form, or by a pseudonym."""
    document = _document(body) if pseudonyms or b"\\u" in body else None
    text = body if document is None else body + msgspec.json.encode(document)
    folded = text.lower().replace(b"-", b"")
    if any(identifier.encode() in folded for identifier in ids):
        return True
    # Whatever was sent as user_id, be it an object.
    return is_object(document) and any(document.get("user_id") == name for name in pseudonyms)


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
