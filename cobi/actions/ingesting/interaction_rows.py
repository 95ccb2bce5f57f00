"""From interactions to rows: whose they are and what they name, and why some are refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from cobi.actions.ingesting.interaction_columns import Columns, Interactions, merged
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.record_type import Problem
from cobi.domain.records import RECORD_TYPES
from cobi.store.database import Connection
from cobi.store.key_cache import Keys
from cobi.store.keys import resolve, resolve_pseudonyms, resolve_students

Rows = dict[bytes, tuple[Any, ...]]
"""Rows of `interactions` by id."""


@dataclass(frozen=True)
class Resolved:
    """The keys of the students and items that interactions name, and why some are refused, by their position."""

    students: Sequence[int | None]
    items: Sequence[int | None]
    refused: Mapping[int, list[Problem]]


@dataclass(frozen=True)
class Batch:
    """The interactions of some requests, one after another: the request each is of, and which of them Cobi gave.

    `received` is when each request came.
    """

    columns: Columns
    origins: Sequence[int]
    returned: Collection[int]
    received: Sequence[int]


def batch_of(readings: Sequence[Interactions]) -> Batch:
    """The interactions of these requests."""
    columns, origins = merged(readings)
    returned: set[int] = set()
    if any(reading.columns.returned for reading in readings):
        places = zip(columns.places, origins, strict=True)
        returned = {at for at, (place, of) in enumerate(places) if place in readings[of].columns.returned}
    return Batch(columns, origins, returned, [reading.submission.now for reading in readings])


def resolve_all(connection: Connection, keys: Keys, batch: Batch) -> Resolved:
    """Find what the interactions name, and refuse those that name what is not there (D19, D20, D21)."""
    refused: dict[int, list[Problem]] = {}
    students = _students(connection, keys, batch, refused)
    types, ids = batch.columns.column("item_type"), batch.columns.column("item_id")
    spaces = {code: _items(connection, keys, code, types, ids) for code in set(types)}
    items = [spaces[code].get(item) for code, item in zip(types, ids, strict=True)]
    if None in items:
        for at in (at for at, key in enumerate(items) if key is None):
            refused.setdefault(at, []).append(_unknown_item(connection, keys, ItemType(types[at]), ids[at]))
    return Resolved(students, items, refused)


def _items(
    connection: Connection, keys: Keys, code: int, types: Sequence[int], ids: Sequence[bytes]
) -> Mapping[bytes, int]:
    wanted = {item for kind, item in zip(types, ids, strict=True) if kind == code}
    return resolve(connection, keys, ITEM_RECORD_TYPES[ItemType(code)], wanted)


def _students(
    connection: Connection, keys: Keys, batch: Batch, refused: dict[int, list[Problem]]
) -> list[int | None]:
    """Whose each interaction is, by its student or else by its pseudonym.

    What Cobi gave it takes back, also when the student has been deleted or has another pseudonym since.
    """
    ids, user_ids = batch.columns.column("student_id"), batch.columns.column("user_id")
    known = resolve_students(connection, keys, present(ids))
    students = list(map(known.get, ids))
    if batch.returned:
        deleted_too = resolve(connection, keys, "customers", {ids[at] for at in batch.returned} - {None})
        for at in batch.returned:
            students[at] = deleted_too.get(ids[at])
    if students.count(None) != ids.count(None):
        for at in (at for at, key in enumerate(students) if key is None and ids[at] is not None):
            refused[at] = [_unknown_student(ids[at])]
    identities = {user_id: parse_id(user_id) for user_id in present(user_ids)}
    owners = resolve_pseudonyms(connection, keys, {one for one in identities.values() if one is not None})
    for at in (at for at, user_id in enumerate(user_ids) if user_id is not None) if owners else ():
        owner, student = owners.get(identities[user_ids[at]] or b""), students[at]
        if owner is None or at in refused:
            continue
        if student is None:
            students[at] = owner
        elif student != owner and at not in batch.returned:
            refused[at] = [_identity_conflict(user_ids[at])]
    return students


def present(column: Sequence[Any]) -> set[Any]:
    """The values there are."""
    found = set(column)
    found.discard(None)
    return found


def rows_of(batch: Batch, resolved: Resolved, visitors: Mapping[str, int]) -> Rows:
    """The rows of what is not refused; of several with one id, which are the same, there is one."""
    columns = batch.columns
    accepted = [at not in resolved.refused for at in range(len(columns.ids))] if resolved.refused else None

    def of(column: Iterable[Any]) -> Iterable[Any]:
        return column if accepted is None else compress(column, accepted)

    rows = zip(
        of(columns.ids),
        of(columns.column("event_timestamp")),
        of(columns.column("interaction_type")),
        of(columns.column("item_type")),
        of(resolved.items),
        of(resolved.students),
        map(visitors.get, of(columns.column("user_id"))),
        *(
            of(columns.column(name))
            for name in ("platform", "city", "country", "source", "recommendation_id")
        ),
        of([batch.received[origin] for origin in batch.origins]),
        strict=True,
    )
    return dict(zip(of(columns.ids), rows, strict=True))


def _unknown_student(student_id: bytes) -> Problem:
    text = format_id(student_id)
    message = f"student_id {text} is not a known student; upload the customer first"
    return Problem("student_id", "unknown_student", message, text)


def _identity_conflict(user_id: str) -> Problem:
    message = (
        "student_id and user_id name two different students; send one of them, or mend the customer's user_id"
    )
    return Problem("user_id", "identity_conflict", message, user_id)


def _unknown_item(connection: Connection, keys: Keys, claimed: ItemType, item_id: bytes) -> Problem:
    text = format_id(item_id)
    for item_type, record_type in ITEM_RECORD_TYPES.items():
        if item_id in resolve(connection, keys, record_type, [item_id]):
            message = f"item_id {text} is {_a(item_type)}, not {_a(claimed)}"
            return Problem("item_id", "item_type_mismatch", message, text)
    singular = RECORD_TYPES[ITEM_RECORD_TYPES[claimed]].singular
    return Problem(
        "item_id", "unknown_item", f"item_id {text} is not a known {singular}; upload it first", text
    )


def _a(item_type: ItemType) -> str:
    return f"an {item_type.name}" if item_type is ItemType.OFFER else f"a {item_type.name}"
