"""Uploading records: an upsert by id that tells stored, unchanged and refused apart (D6, D8, D15, D17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cobi.actions.attribution.convert import settle_purchases
from cobi.actions.attribution.judge import judge_again
from cobi.actions.ingesting.keep import keep
from cobi.actions.ingesting.submission import Reading
from cobi.domain.batch import BatchResult
from cobi.domain.claims import ClaimRules
from cobi.domain.fields import Field
from cobi.domain.record_type import Problem, RecordType, Values
from cobi.domain.records import describe_reference
from cobi.store import entities, interactions, revisions
from cobi.store.entities import Row
from cobi.store.keys import resolve
from cobi.store.writer import Transaction

_CATALOGUE_TYPES = frozenset({"shops", "offers", "tags", "keywords", "shop-tags", "shop-keywords"})


_References = tuple[Field, str, Mapping[bytes, int]]
"""A reference, the type it names, and the keys of the ids it has in a batch."""


@dataclass
class _Changes:
    """What a batch comes to: rows by id, each as it will be after the batch."""

    added: dict[bytes, Row] = field(default_factory=dict[bytes, Row])
    changed: dict[bytes, Row] = field(default_factory=dict[bytes, Row])
    stored: int = 0
    unchanged: int = 0
    outdated: int = 0


def ingest(transaction: Transaction, reading: Reading, rules: ClaimRules) -> BatchResult:
    """Store the good records of a batch, keep the bad ones in quarantine, and say which were which."""
    result = store(transaction, reading, rules)
    arrivals, now = transaction.tallies.arrivals, reading.submission.now
    arrivals.batch(result, now)
    if result.stored:
        arrivals.more(result.type, 0, now)
    keep(transaction.connection, reading.submission, result)
    return result


def store(transaction: Transaction, reading: Reading, rules: ClaimRules) -> BatchResult:
    """Store the good records of a batch and say which were which; the bad ones are left to the caller."""
    submission = reading.submission
    record_type = submission.record_type
    connection = transaction.connection
    identify(record_type, reading)
    rows = _resolve_references(transaction, record_type, reading)
    id_column = record_type.id_field.column
    before = entities.fetch(connection, record_type, {row[id_column] for _, row in rows})
    changes = _merge(record_type, reading, rows, before)
    entities.add(connection, record_type, changes.added.values(), submission.now)
    if changes.added:
        transaction.tallies.arrivals.more(record_type.name, len(changes.added))
    if record_type.name == "transactions":
        _mark(transaction, record_type, changes, before, submission.now)
    entities.change(connection, record_type, changes.changed.values(), submission.now)
    _follow_up(transaction, record_type, changes, before, submission.now, rules)
    if changes.outdated:
        message = (
            f"{changes.outdated} records are older than what is stored (by `updated`) and changed nothing"
        )
        reading.warn("outdated", message, records=changes.outdated)
    return reading.result(changes.stored, changes.unchanged)


def identify(record_type: RecordType, reading: Reading) -> None:
    """Give records without an id their derived one, and refuse those that need one (D15)."""
    name = record_type.id_field.name
    for record in reading.parsed:
        if record.values.get(name) is not None:
            continue
        missing = record_type.missing(record.values)
        if missing or record_type.derive_id is None:
            reading.reject(record.index, missing or [Problem(name, "missing_field", f"{name} is required")])
        else:
            record.values[name] = record_type.derive_id(record.values)
    reading.parsed = [record for record in reading.parsed if record.index not in reading.rejections]


def _resolve_references(
    transaction: Transaction, record_type: RecordType, reading: Reading
) -> list[tuple[int, Values]]:
    """The parsed records by column name, references as keys; those with unknown references are refused."""
    known: list[_References] = []
    for reference, to in record_type.references:
        wanted = {
            found for record in reading.parsed if (found := record.values.get(reference.name)) is not None
        }
        known.append((reference, to, resolve(transaction.connection, transaction.keys, to, wanted)))
    resolved: list[tuple[int, Values]] = []
    for record in reading.parsed:
        problems = _replace_references(record.values, known)
        if problems:
            reading.reject(record.index, problems)
        else:
            resolved.append((record.index, record.values))
    return resolved


def _replace_references(values: Values, known: Sequence[_References]) -> list[Problem]:
    problems: list[Problem] = []
    for reference, to, keys in known:
        if reference.name in values:
            identifier = values.pop(reference.name)
            key = values[reference.column] = keys.get(identifier)
            if key is None and identifier is not None:
                problems.append(describe_reference(reference, to, identifier))
    return problems


def _merge(
    record_type: RecordType, reading: Reading, rows: list[tuple[int, Values]], before: Mapping[bytes, Row]
) -> _Changes:
    """Lay each record over what is stored, or over an earlier record of the same batch (D8)."""
    changes = _Changes()
    current = dict(before)
    blank: Row = {column.column: None for column in record_type.fields}
    required = {column.column: column.name for column in record_type.fields if column.required}
    id_column = record_type.id_field.column
    for index, values in rows:
        identifier = values[id_column]
        base = current.get(identifier)
        merged = {**(base or blank), **values}
        problems = _missing(required, merged) + record_type.violations(merged)
        if problems:
            reading.reject(index, problems)
        elif base is not None and _is_older(values, base):
            changes.outdated += 1
            changes.unchanged += 1
        elif base == merged:
            changes.unchanged += 1
        else:
            changes.stored += 1
            current[identifier] = merged
            (changes.changed if identifier in before else changes.added)[identifier] = merged
    return changes


def _missing(required: Mapping[str, str], row: Row) -> list[Problem]:
    if None not in map(row.get, required):
        return []
    return [
        Problem(name, "missing_field", f"{name} is required")
        for column, name in required.items()
        if row[column] is None
    ]


def _is_older(values: Values, base: Row) -> bool:
    sent, stored = values.get("updated"), base["updated"]
    return sent is not None and stored is not None and sent < stored


def _follow_up(
    transaction: Transaction,
    record_type: RecordType,
    changes: _Changes,
    before: Mapping[bytes, Row],
    now: int,
    rules: ClaimRules,
) -> None:
    """What a change of these rows means for what others keep in mind."""
    if record_type.name in _CATALOGUE_TYPES and changes.stored:
        revisions.move(transaction.connection, revisions.CATALOGUE)
    if record_type.name == "customers":
        _recognise(transaction, record_type, changes, before, now, rules)
    if record_type.name == "transactions":
        _settle(transaction, changes, before, rules)


def _mark(
    transaction: Transaction,
    record_type: RecordType,
    changes: _Changes,
    before: Mapping[bytes, Row],
    now: int,
) -> None:
    """Note the days of new purchases, and of changed ones the days before and after."""
    rows = [*changes.added.values(), *changes.changed.values(), *(before[one] for one in changes.changed)]
    transaction.tallies.mark(now if row["created"] is None else row["created"] for row in rows)
    undated = [one for one in changes.changed if before[one]["created"] is None]
    if undated:
        found = entities.dates(transaction.connection, record_type, undated)
        transaction.tallies.mark(one.uploaded for one in found.values())


def _settle(
    transaction: Transaction, changes: _Changes, before: Mapping[bytes, Row], rules: ClaimRules
) -> None:
    """Find the code reveals behind new purchases, and anew behind changed ones."""
    rows = [*changes.added.values(), *changes.changed.values()]
    pairs = {(row["student_key"], row["offer_key"]) for row in rows}
    changed = {before[identifier]["key"] for identifier in changes.changed}
    settle_purchases(transaction, changed, {pair for pair in pairs if None not in pair}, rules)


def _recognise(
    transaction: Transaction,
    record_type: RecordType,
    changes: _Changes,
    before: Mapping[bytes, Row],
    now: int,
    rules: ClaimRules,
) -> None:
    """Let the anonymous history of new pseudonyms join their students, also in attribution (D20)."""
    connection = transaction.connection
    renamed = {
        identifier: row
        for identifier, row in changes.changed.items()
        if any(row[name] != before[identifier][name] for name in ("user_id", "is_deleted"))
    }
    if renamed:
        revisions.move(connection, revisions.IDENTITIES)
        transaction.keys.clear()
    arrived = {**changes.added, **renamed}
    keys = resolve(connection, transaction.keys, record_type.name, arrived.keys())
    students: dict[bytes, int] = {}
    for identifier, row in arrived.items():
        if not row["is_deleted"]:
            students.setdefault(row["user_id"], keys[identifier])
    stitched = interactions.stitch(connection, students)
    transaction.tallies.mark_between(stitched.keys())
    judge_again(transaction, [one for one, claimed in stitched.items() if claimed], now, rules)
