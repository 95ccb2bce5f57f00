"""Which rows are about one student; the rows' names for the student are the same for reading and for erasing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Table, func, select

from cobi.domain.identifiers import parse_id
from cobi.domain.json_values import is_object
from cobi.store import histories
from cobi.store.keys import chunks
from cobi.store.schema import (
    ENTITIES,
    attributions,
    idempotency_keys,
    interactions,
    quarantine,
    recommendations,
    visitors,
)

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
    theirs = histories.of_students(connection, [student_key])
    used = select(acted.visitor_key).where(theirs, acted.visitor_key.is_not(None))
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
            select(acted.visitor_key).where(histories.of_visitors(connection, chunk), others).distinct()
        )
        if key is not None
    )


def recommendation_ids(connection: Connection, person: Person) -> list[bytes]:
    """The answers the student was given."""
    if person.key is None:
        return []
    columns = recommendations.c
    query = select(columns.recommendation_id).where(columns.student_key == person.key)
    return sorted(connection.scalars(query))


def interaction_ids(connection: Connection, person: Person, answers: Collection[bytes]) -> list[bytes]:
    """What the student did: by name, under a pseudonym of theirs, or namelessly with an answer given to them."""
    if person.key is None:
        return []
    acted = interactions.c
    nameless = acted.student_key.is_(None)
    conditions = [histories.of_students(connection, [person.key])]
    conditions += [nameless & histories.of_visitors(connection, chunk) for chunk in chunks(person.visitors)]
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
    ids, pseudonyms = _written(person)
    return [row for row in _streamed(connection, quarantine, after) if _names(row["body"], ids, pseudonyms)]


@dataclass(frozen=True)
class Bodies:
    """What repeats, word for word, what was sent about a student: refused records and answers kept for an
    Idempotency-Key, by their keys.

    `requests` are those the records were refused in; `until` says how far each of the two tables was searched.
    """

    refused: frozenset[int] = frozenset()
    answered: frozenset[int] = frozenset()
    requests: frozenset[str] = frozenset()
    until: tuple[int, int] = (0, 0)


def bodies(
    connection: Connection, person: Person, acted: Collection[bytes], before: Bodies = Bodies()
) -> Bodies:
    """What was found before, with what has come since; answers may name only what the student did, `acted`."""
    until = _newest(connection, quarantine), _newest(connection, idempotency_keys)
    refused = quarantined(connection, person, before.until[0])
    requests = before.requests.union(row["request_id"] for row in refused)
    answered = _answered(connection, person, frozenset(acted), requests, before.until[1])
    keys = before.refused.union(row["key"] for row in refused)
    return Bodies(keys, before.answered.union(answered), requests, until)


def _answered(
    connection: Connection, person: Person, acted: Set[bytes], requests: Set[str], after: int
) -> list[int]:
    """The keys of kept answers that name the student or their doings, or answer what was refused of them."""
    ids, pseudonyms = _written(person)
    return [
        row["key"]
        for row in _streamed(connection, idempotency_keys, after)
        if _names(row["body"], ids, pseudonyms) or _is_about(row["body"], acted, requests)
    ]


def _is_about(answer: bytes, acted: Set[bytes], requests: Set[str]) -> bool:
    document = _document(answer)
    if not is_object(document):
        return False
    reported = document.get("interaction_id")
    return document.get("request_id") in requests or (
        isinstance(reported, str) and parse_id(reported) in acted
    )


def _newest(connection: Connection, table: Table) -> int:
    """The key of a table's newest row."""
    return connection.scalar(select(func.max(table.c.key))) or 0


def _streamed(connection: Connection, table: Table, after: int) -> Iterator[RowMapping]:
    query = select(table).where(table.c.key > after).order_by(table.c.key)
    # On the statement: a connection would go on streaming what comes after.
    streamed = connection.execute(query.execution_options(stream_results=True))
    for rows in streamed.mappings().partitions(_ROWS_AT_ONCE):
        yield from rows


def _written(person: Person) -> tuple[list[str], set[str]]:
    """The ids a student is written by, as hexadecimal digits, and the pseudonyms that are none."""
    # Those in the form of a UUID are found in whatever form they were sent.
    pseudonyms = {name for name in person.visitors.values() if parse_id(name) is None}
    ids = [person.customer_id.hex(), *([person.user_id.hex()] if person.user_id else [])]
    ids += [found.hex() for name in person.visitors.values() if (found := parse_id(name))]
    return ids, pseudonyms


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
