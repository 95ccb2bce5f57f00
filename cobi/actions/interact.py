"""Recording what students did: append-only, once each, classified where it claims an answer (§3, §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cobi.actions.attribute import classify
from cobi.actions.keep import keep
from cobi.actions.submission import Parsed, Reading
from cobi.domain.batch import BatchResult
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType, Outcome
from cobi.domain.interaction_record import INTERACTIONS, interaction_id, sent_back
from cobi.domain.moments import SECOND, format_moment
from cobi.domain.record_type import Problem
from cobi.domain.records import RECORD_TYPES
from cobi.store import attributions, interactions
from cobi.store.attributions import Claim
from cobi.store.keys import resolve, resolve_pseudonyms, resolve_students
from cobi.store.writer import Transaction

NOT_NULL = ("interaction_type", "item_type", "item_id", "event_timestamp")


@dataclass(frozen=True)
class Recorded:
    """The batch's outcome, and the id of each accepted record by its index."""

    result: BatchResult
    ids: Mapping[int, bytes]
    outcomes: Mapping[Outcome, int]
    """What became of the claims of new interactions."""


@dataclass(frozen=True)
class _Known:
    """What the batch's ids and pseudonyms stand for."""

    students: Mapping[bytes, int]
    all_students: Mapping[bytes, int]
    """Deleted ones too, where a record was read from Cobi."""
    pseudonyms: Mapping[bytes, int]
    items: Mapping[int, Mapping[bytes, int]]


def examine(reading: Reading, future_tolerance: int) -> None:
    """Refuse what is wrong by itself: missing fields, contradictions, times too far ahead (D22, D24); µs."""
    latest = reading.submission.now + future_tolerance
    for record in reading.parsed:
        values = record.values
        problems = INTERACTIONS.missing(values) or INTERACTIONS.violations(values)
        if not problems and values["event_timestamp"] > latest:
            problems = [_too_far_ahead(values["event_timestamp"], future_tolerance)]
        if problems:
            reading.reject(record.index, problems)
    reading.parsed = [record for record in reading.parsed if record.index not in reading.rejections]


def record(transaction: Transaction, reading: Reading, window: int) -> Recorded:
    """Store a batch's good interactions and keep the bad ones; `window` is attribution's, in microseconds."""
    recorded = store(transaction, reading, window)
    keep(transaction.connection, reading.submission, recorded.result)
    return recorded


def store(transaction: Transaction, reading: Reading, window: int) -> Recorded:
    """Store a batch's good interactions that are new; the bad ones are left to the caller."""
    connection, now = transaction.connection, reading.submission.now
    known = _look_up(transaction, reading)
    accepted: dict[int, tuple[bytes, Parsed, int | None]] = {}
    for parsed in reading.parsed:
        given = sent_back(parsed.values)
        problems, student = _check(transaction, parsed.values, known, returned=given is not None)
        if problems:
            reading.reject(parsed.index, problems)
        else:
            accepted[parsed.index] = (given or interaction_id(parsed.values), parsed, student)
    stored = interactions.stored(connection, {identifier for identifier, _, _ in accepted.values()})
    new = {
        identifier: (parsed, student)
        for identifier, parsed, student in accepted.values()
        if identifier not in stored
    }
    outcomes = _store(transaction, new, known, now, window)
    result = reading.result(len(new), len(accepted) - len(new))
    return Recorded(result, {index: identifier for index, (identifier, _, _) in accepted.items()}, outcomes)


def _look_up(transaction: Transaction, reading: Reading) -> _Known:
    values = [parsed.values for parsed in reading.parsed]
    student_ids = {one["student_id"] for one in values if one.get("student_id") is not None}
    returning = {
        one["student_id"]
        for one in values
        if one.get("interaction_id") is not None and one.get("student_id") is not None
    }
    identities = {identity for one in values if (identity := _identity(one)) is not None}
    items: dict[int, set[bytes]] = {item_type.value: set() for item_type in ItemType}
    for one in values:
        items[one["item_type"]].add(one["item_id"])
    connection, keys = transaction.connection, transaction.keys
    return _Known(
        resolve_students(connection, keys, student_ids),
        resolve(connection, keys, "customers", returning),
        resolve_pseudonyms(connection, keys, identities),
        {
            code: resolve(connection, keys, ITEM_RECORD_TYPES[ItemType(code)], ids)
            for code, ids in items.items()
        },
    )


def _identity(values: Mapping[str, Any]) -> bytes | None:
    user_id = values.get("user_id")
    return None if user_id is None else parse_id(user_id)


def _check(
    transaction: Transaction, values: Mapping[str, Any], known: _Known, *, returned: bool
) -> tuple[list[Problem], int | None]:
    """Why the store refuses a record, and whose it is otherwise (D19, D20, D21).

    What Cobi gave it takes back, also when the student has been deleted or has another pseudonym since.
    """
    problems: list[Problem] = []
    student_id, identity = values.get("student_id"), _identity(values)
    students = known.all_students if returned else known.students
    student = None if student_id is None else students.get(student_id)
    owner = None if identity is None else known.pseudonyms.get(identity)
    if student_id is not None and student is None:
        problems.append(_unknown_student(student_id))
    elif student is not None and owner is not None and student != owner and not returned:
        problems.append(_identity_conflict(values))
    if values["item_id"] not in known.items[values["item_type"]]:
        problems.append(_unknown_item(transaction, values))
    return problems, owner if student is None else student


def _store(
    transaction: Transaction,
    new: Mapping[bytes, tuple[Parsed, int | None]],
    known: _Known,
    now: int,
    window: int,
) -> Counter[Outcome]:
    visitors = _visitors(transaction, [parsed for parsed, _ in new.values()])
    rows: list[tuple[Any, ...]] = []
    claims: list[Claim] = []
    for identifier, (parsed, student) in new.items():
        values = parsed.values
        item_key = known.items[values["item_type"]][values["item_id"]]
        get = values.get
        rows.append(
            (
                identifier,
                values["event_timestamp"],
                values["interaction_type"],
                values["item_type"],
                item_key,
                student,
                visitors.get(get("user_id") or ""),
                get("platform"),
                get("city"),
                get("country"),
                get("source"),
                get("recommendation_id"),
                now,
            )
        )
        if get("source") is not None:
            item_type = ItemType(values["item_type"])
            moment = values["event_timestamp"]
            claims.append(Claim(identifier, moment, item_type, item_key, student, get("recommendation_id")))
    connection = transaction.connection
    interactions.add(connection, rows)
    verdicts = classify(connection, claims, window)
    attributions.add(connection, verdicts, now)
    return Counter(verdict.outcome for verdict in verdicts)


def _visitors(transaction: Transaction, parsed: Iterable[Parsed]) -> Mapping[str, int]:
    """The key of every pseudonym in a batch."""
    user_ids = {user_id for one in parsed if (user_id := one.values.get("user_id")) is not None}
    return interactions.visitor_keys(transaction.connection, transaction.keys, user_ids)


def _too_far_ahead(moment: int, tolerance: int) -> Problem:
    hours = tolerance / (3600 * SECOND)
    return Problem(
        "event_timestamp",
        "future_timestamp",
        f"event_timestamp is {format_moment(moment)}, more than {hours:g} h ahead of this server's clock; "
        "check the sender's clock and the unit",
        format_moment(moment),
    )


def _unknown_student(student_id: bytes) -> Problem:
    text = format_id(student_id)
    message = f"student_id {text} is not a known student; upload the customer first"
    return Problem("student_id", "unknown_student", message, text)


def _identity_conflict(values: Mapping[str, Any]) -> Problem:
    message = (
        "student_id and user_id name two different students; send one of them, or mend the customer's user_id"
    )
    return Problem("user_id", "identity_conflict", message, values["user_id"])


def _unknown_item(transaction: Transaction, values: Mapping[str, Any]) -> Problem:
    item_id, claimed = values["item_id"], ItemType(values["item_type"])
    text = format_id(item_id)
    for item_type, record_type in ITEM_RECORD_TYPES.items():
        if resolve(transaction.connection, transaction.keys, record_type, [item_id]):
            message = f"item_id {text} is {_a(item_type)}, not {_a(claimed)}"
            return Problem("item_id", "item_type_mismatch", message, text)
    singular = RECORD_TYPES[ITEM_RECORD_TYPES[claimed]].singular
    return Problem(
        "item_id", "unknown_item", f"item_id {text} is not a known {singular}; upload it first", text
    )


def _a(item_type: ItemType) -> str:
    return f"an {item_type.name}" if item_type is ItemType.OFFER else f"a {item_type.name}"
