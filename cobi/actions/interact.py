"""Recording what students did: append-only, once each, classified where it claims an answer (§3, §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from cobi.actions.attribute import classify
from cobi.actions.interaction_columns import Columns, Interactions, merged
from cobi.actions.keep import keep
from cobi.domain.batch import BatchResult
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType, Outcome
from cobi.domain.interaction_record import CONTENT, INTERACTIONS
from cobi.domain.record_type import Problem
from cobi.domain.records import RECORD_TYPES
from cobi.store import attributions, interactions
from cobi.store.attributions import Claim
from cobi.store.keys import resolve, resolve_pseudonyms, resolve_students
from cobi.store.writer import Transaction

_STUDENT_ID = CONTENT.index("student_id")
_STUDENT = interactions.COLUMNS.index("student_key")

NOT_NULL = ("interaction_type", "item_type", "item_id", "event_timestamp")


@dataclass(frozen=True)
class Recorded:
    """What became of a request's interactions."""

    result: BatchResult
    outcomes: Mapping[Outcome, int]
    """What became of the claims of new interactions."""
    columns: Columns
    new: Mapping[bytes, tuple[Any, ...]]
    """The rows of what was stored now, by id; those of other requests may be among them."""

    @property
    def ids(self) -> dict[int, bytes]:
        """The id of each accepted interaction by its place."""
        refused = {rejection.index for rejection in self.result.rejections}
        ids = zip(self.columns.places, self.columns.ids, strict=True)
        return {place: identifier for place, identifier in ids if place not in refused}

    def first_as_read_back(self) -> dict[str, Any] | None:
        """The first interaction as a client would read it; None where the store may know more than was sent."""
        identifier, values = self.columns.ids[0], [column[0] for column in self.columns.values]
        row = self.new.get(identifier)
        if row is None or self.columns.returned:
            return None
        if values[_STUDENT_ID] is None and row[_STUDENT] is not None:
            return None
        return INTERACTIONS.render_values([identifier, *values])


@dataclass(frozen=True)
class _Resolved:
    """The keys of the students and items that interactions name, and why some are refused, by their position."""

    students: Sequence[int | None]
    items: Sequence[int | None]
    refused: Mapping[int, list[Problem]]


@dataclass(frozen=True)
class _Batch:
    """The interactions of some requests, one after another: the request each is of, and whether Cobi gave it."""

    readings: Sequence[Interactions]
    columns: Columns
    origins: Sequence[int]
    returned: Collection[int]


def record(transaction: Transaction, readings: Sequence[Interactions], window: int) -> list[Recorded]:
    """Store the good interactions of some requests and keep the bad ones; `window` is attribution's, in µs."""
    recorded = store(transaction, readings, window)
    for reading, one in zip(readings, recorded, strict=True):
        keep(transaction.connection, reading.submission, one.result)
    return recorded


def store(transaction: Transaction, readings: Sequence[Interactions], window: int) -> list[Recorded]:
    """Store the good interactions of some requests that are new; the bad ones are left to the caller."""
    batch = _batch(readings)
    resolved = _resolve(transaction, batch)
    rows = _rows(transaction, batch, resolved)
    known = interactions.add_if_new(transaction.connection, rows)
    new = {identifier: row for identifier, row in rows.items() if identifier not in known} if known else rows
    outcomes = _judge(transaction, batch, new, window)
    return _recorded(batch, resolved, new, outcomes)


def _batch(readings: Sequence[Interactions]) -> _Batch:
    columns, origins = merged(readings)
    returned: set[int] = set()
    if any(reading.columns.returned for reading in readings):
        places = zip(columns.places, origins, strict=True)
        returned = {at for at, (place, of) in enumerate(places) if place in readings[of].columns.returned}
    return _Batch(readings, columns, origins, returned)


def _resolve(transaction: Transaction, batch: _Batch) -> _Resolved:
    """Find what the interactions name, and refuse those that name what is not there (D19, D20, D21)."""
    refused: dict[int, list[Problem]] = {}
    students = _students(transaction, batch, refused)
    types, ids = batch.columns.column("item_type"), batch.columns.column("item_id")
    spaces = {code: _items(transaction, code, types, ids) for code in set(types)}
    items = [spaces[code].get(item) for code, item in zip(types, ids, strict=True)]
    if None in items:
        for at in (at for at, key in enumerate(items) if key is None):
            refused.setdefault(at, []).append(_unknown_item(transaction, ItemType(types[at]), ids[at]))
    return _Resolved(students, items, refused)


def _items(
    transaction: Transaction, code: int, types: Sequence[int], ids: Sequence[bytes]
) -> Mapping[bytes, int]:
    wanted = {item for kind, item in zip(types, ids, strict=True) if kind == code}
    return resolve(transaction.connection, transaction.keys, ITEM_RECORD_TYPES[ItemType(code)], wanted)


def _students(transaction: Transaction, batch: _Batch, refused: dict[int, list[Problem]]) -> list[int | None]:
    """Whose each interaction is, by its student or else by its pseudonym.

    What Cobi gave it takes back, also when the student has been deleted or has another pseudonym since.
    """
    connection, keys = transaction.connection, transaction.keys
    ids, user_ids = batch.columns.column("student_id"), batch.columns.column("user_id")
    known = resolve_students(connection, keys, _present(ids))
    students = list(map(known.get, ids))
    if batch.returned:
        deleted_too = resolve(connection, keys, "customers", {ids[at] for at in batch.returned} - {None})
        for at in batch.returned:
            students[at] = deleted_too.get(ids[at])
    if students.count(None) != ids.count(None):
        for at in (at for at, key in enumerate(students) if key is None and ids[at] is not None):
            refused[at] = [_unknown_student(ids[at])]
    identities = {user_id: parse_id(user_id) for user_id in _present(user_ids)}
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


def _present(column: Sequence[Any]) -> set[Any]:
    found = set(column)
    found.discard(None)
    return found


def _rows(transaction: Transaction, batch: _Batch, resolved: _Resolved) -> dict[bytes, tuple[Any, ...]]:
    """The rows of what is not refused, by id; of several with one id, which are the same, there is one."""
    columns = batch.columns
    accepted = [at not in resolved.refused for at in range(len(columns.ids))] if resolved.refused else None

    def of(column: Iterable[Any]) -> Iterable[Any]:
        return column if accepted is None else compress(column, accepted)

    user_ids = list(of(columns.column("user_id")))
    visitors = interactions.visitor_keys(transaction.connection, transaction.keys, _present(user_ids))
    received = [reading.submission.now for reading in batch.readings]
    rows = zip(
        of(columns.ids),
        of(columns.column("event_timestamp")),
        of(columns.column("interaction_type")),
        of(columns.column("item_type")),
        of(resolved.items),
        of(resolved.students),
        map(visitors.get, user_ids),
        *(
            of(columns.column(name))
            for name in ("platform", "city", "country", "source", "recommendation_id")
        ),
        of([received[origin] for origin in batch.origins]),
        strict=True,
    )
    return dict(zip(of(columns.ids), rows, strict=True))


def _judge(
    transaction: Transaction,
    batch: _Batch,
    new: Mapping[bytes, tuple[Any, ...]],
    window: int,
) -> list[Counter[Outcome]]:
    """Classify the claims of new interactions; how many of each request came to what."""
    outcomes: list[Counter[Outcome]] = [Counter() for _ in batch.readings]
    of: dict[bytes, int] = {}
    claims: list[Claim] = []
    for at, source in (
        enumerate(batch.columns.column("source")) if any(batch.columns.column("source")) else ()
    ):
        identifier = batch.columns.ids[at]
        if source is not None and identifier in new and identifier not in of:
            of[identifier] = batch.origins[at]
            claims.append(_claim(new[identifier]))
    if claims:
        verdicts = classify(transaction.connection, claims, window)
        attributions.add(transaction.connection, verdicts, batch.readings[-1].submission.now)
        for verdict in verdicts:
            outcomes[of[verdict.interaction_id]][verdict.outcome] += 1
    return outcomes


def _claim(row: tuple[Any, ...]) -> Claim:
    named = dict(zip(interactions.COLUMNS, row, strict=True))
    return Claim(
        named["interaction_id"],
        named["event_timestamp"],
        ItemType(named["item_type"]),
        named["item_key"],
        named["student_key"],
        named["recommendation_id"],
    )


def _recorded(
    batch: _Batch,
    resolved: _Resolved,
    new: Mapping[bytes, tuple[Any, ...]],
    outcomes: Sequence[Mapping[Outcome, int]],
) -> list[Recorded]:
    """What to tell each request: of several interactions with one id the first was stored."""
    stored, unchanged = Counter[int](), Counter[int]()
    if len(new) == len(batch.columns.ids):
        stored.update(batch.origins)
    else:
        left = set(new)
        for at, identifier in enumerate(batch.columns.ids):
            if at not in resolved.refused:
                (stored if identifier in left else unchanged)[batch.origins[at]] += 1
                left.discard(identifier)
    problems: list[dict[int, list[Problem]]] = [{} for _ in batch.readings]
    for at, found in resolved.refused.items():
        problems[batch.origins[at]][batch.columns.places[at]] = found
    return [
        Recorded(
            reading.result(stored[number], unchanged[number], problems[number]),
            outcomes[number],
            reading.columns,
            new,
        )
        for number, reading in enumerate(batch.readings)
    ]


def _unknown_student(student_id: bytes) -> Problem:
    text = format_id(student_id)
    message = f"student_id {text} is not a known student; upload the customer first"
    return Problem("student_id", "unknown_student", message, text)


def _identity_conflict(user_id: str) -> Problem:
    message = (
        "student_id and user_id name two different students; send one of them, or mend the customer's user_id"
    )
    return Problem("user_id", "identity_conflict", message, user_id)


def _unknown_item(transaction: Transaction, claimed: ItemType, item_id: bytes) -> Problem:
    text = format_id(item_id)
    for item_type, record_type in ITEM_RECORD_TYPES.items():
        if item_id in resolve(transaction.connection, transaction.keys, record_type, [item_id]):
            message = f"item_id {text} is {_a(item_type)}, not {_a(claimed)}"
            return Problem("item_id", "item_type_mismatch", message, text)
    singular = RECORD_TYPES[ITEM_RECORD_TYPES[claimed]].singular
    return Problem(
        "item_id", "unknown_item", f"item_id {text} is not a known {singular}; upload it first", text
    )


def _a(item_type: ItemType) -> str:
    return f"an {item_type.name}" if item_type is ItemType.OFFER else f"a {item_type.name}"
