"""The rows of what students did."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from cobi.domain.identifiers import first_id, parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.moments import MILLISECOND
from cobi.store import histories
from cobi.store.bulk import fetch_rows
from cobi.store.dialect import is_sqlite, savepoint
from cobi.store.inserting import ReadyRows, insert_if_new, insert_ready, insert_rows
from cobi.store.inserting import make_ready as make_rows_ready
from cobi.store.key_cache import Keys
from cobi.store.keys import chunks, resolve_visitors
from cobi.store.query import Query
from cobi.store.schema import ENTITIES, interactions, visitors

COLUMNS = tuple(interactions.columns.keys())
"""The order of a row's values in `add`."""

_ID = itemgetter(COLUMNS.index("interaction_id"))
_VISITOR = COLUMNS.index("visitor_key")
_OWNED = [*map(COLUMNS.index, ("interaction_id", "student_key", "visitor_key"))]
_GLANCES = 3
_FEW = 200
"""Rows that one statement inserts and tells of; more are worth being made ready and sent by themselves."""

_VISITOR_COLUMNS = ("user_id", "identity")

_customers = ENTITIES["customers"]


@dataclass(frozen=True)
class Filter:
    """Which interactions to read back; None leaves a field open (D11). Moments, `until` exclusive."""

    student_id: bytes | None = None
    item_type: int | None = None
    item_id: bytes | None = None
    since: int | None = None
    until: int | None = None


def stored(connection: Connection, ids: Collection[bytes]) -> set[bytes]:
    """Which of these interactions are stored already."""
    column = interactions.c.interaction_id
    return {row[0] for row in fetch_rows(connection, (column,), column, ids)}


@dataclass(frozen=True)
class Ready:
    """New interactions made ready ahead of their transaction, but for those `left`."""

    rows: ReadyRows
    entries: histories.Entries
    left: Collection[bytes]


def make_ready(sqlite: bool, rows: Mapping[bytes, Sequence[Any]], left: Collection[bytes]) -> Ready:
    """Make interactions ready, given by id in the order of COLUMNS; sorted, because ids are the table's order."""
    ordered = sorted((row for identifier, row in rows.items() if identifier not in left), key=_ID)
    entries = histories.entries_of(*_owners(ordered)) if sqlite else ()
    return Ready(make_rows_ready(sqlite, interactions, COLUMNS, ordered), entries, left)


def under(row: tuple[Any, ...], visitor_key: int) -> tuple[Any, ...]:
    """An interaction's row with the pseudonym it came under."""
    return (*row[:_VISITOR], visitor_key, *row[_VISITOR + 1 :])


def _owners(rows: Sequence[Sequence[Any]]) -> Iterable[list[Any]]:
    return ([row[at] for row in rows] for at in _OWNED)


def add(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Insert new interactions, given in the order of COLUMNS."""
    ordered = sorted(rows, key=_ID)
    insert_rows(connection, interactions, COLUMNS, ordered)
    if is_sqlite(connection):
        histories.add(connection, histories.entries_of(*_owners(ordered)))


def add_if_new(
    connection: Connection, rows: Mapping[bytes, Sequence[Any]], ready: Ready | None = None
) -> Collection[bytes]:
    """Insert those of these interactions, by id, that are new; returns the ids of the others.

    `ready` are the same, made ready as far as they could be.
    """
    if ready is None and 0 < len(rows) <= _FEW:
        return _add_few_if_new(connection, rows)
    if not _some_stored(connection, rows):
        try:
            with savepoint(connection, "all_new"):
                _add_all(connection, rows, ready)
        except (IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError):
            pass
        else:
            return ()
    known = stored(connection, rows.keys())
    add(connection, [row for identifier, row in rows.items() if identifier not in known])
    return known


def _add_few_if_new(connection: Connection, rows: Mapping[bytes, Sequence[Any]]) -> Collection[bytes]:
    """The same by one statement, for what is too little to be worth a savepoint."""
    ordered = sorted(rows.values(), key=_ID)
    new = {
        found[0] for found in insert_if_new(connection, interactions, COLUMNS, ordered, ["interaction_id"])
    }
    if new and is_sqlite(connection):
        entered = ordered if len(new) == len(ordered) else [row for row in ordered if _ID(row) in new]
        histories.add(connection, histories.entries_of(*_owners(entered)))
    return () if len(new) == len(rows) else rows.keys() - new


def _add_all(connection: Connection, rows: Mapping[bytes, Sequence[Any]], ready: Ready | None) -> None:
    if ready is None:
        add(connection, rows.values())
        return
    insert_ready(connection, ready.rows)
    histories.add(connection, ready.entries)
    add(connection, [rows[identifier] for identifier in ready.left])


def _some_stored(connection: Connection, rows: Mapping[bytes, Any]) -> bool:
    """Whether a glance at a few ids finds one: a batch sent again mostly is so as a whole."""
    ids = list(rows)
    return bool(stored(connection, {*ids[:: max(len(ids) // _GLANCES, 1)], *ids[-1:]}))


def remove(connection: Connection, ids: Collection[bytes]) -> int:
    """Delete interactions; returns how many there were."""
    removed = 0
    for chunk in chunks(ids):
        theirs = interactions.c.interaction_id.in_(chunk)
        histories.forget(connection, _owned(connection, theirs))
        removed += connection.execute(delete(interactions).where(theirs)).rowcount
    return removed


def detach(connection: Connection, visitor_keys: Collection[int]) -> int:
    """Take these pseudonyms off the interactions of nobody known; returns how many those were."""
    table, detached = interactions.c, 0
    for chunk in chunks(visitor_keys):
        theirs = histories.of_visitors(connection, chunk) & table.student_key.is_(None)
        found = _owned(connection, theirs)
        histories.forget(connection, found)
        for ids in chunks(identifier for _, _, identifier in found):
            change = update(interactions).where(table.interaction_id.in_(ids)).values(visitor_key=None)
            detached += connection.execute(change).rowcount
    return detached


def _owned(
    connection: Connection, condition: ColumnElement[bool]
) -> list[tuple[int | None, int | None, bytes]]:
    """The student, visitor and id of interactions."""
    table = interactions.c
    query = select(table.student_key, table.visitor_key, table.interaction_id).where(condition)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def visitor_keys(connection: Connection, cache: Keys, user_ids: Collection[str]) -> Mapping[str, int]:
    """The keys of these pseudonyms; new ones get one."""
    known = resolve_visitors(connection, cache, user_ids)
    new = sorted(set(user_ids).difference(known))
    if not new:
        return known
    rows = [(user_id, parse_id(user_id)) for user_id in new]
    if len(rows) > _FEW:
        insert_rows(connection, visitors, _VISITOR_COLUMNS, rows)
        return resolve_visitors(connection, cache, user_ids)
    found = dict(insert_if_new(connection, visitors, _VISITOR_COLUMNS, rows, ["user_id", "key"]))
    return known if cache.remember("visitors", found) else {**known, **found}


def stitch(connection: Connection, students: Mapping[bytes, int]) -> dict[bytes, bool]:
    """Give anonymous interactions under these `user_id`s to their students (D20); returns which are of COBI."""
    stitched: dict[bytes, bool] = {}
    for chunk in chunks(students):
        found = connection.execute(
            select(visitors.c.identity, visitors.c.key).where(visitors.c.identity.in_(chunk))
        ).all()
        for identity, visitor_key in found:
            theirs = histories.of_visitors(connection, [visitor_key]) & interactions.c.student_key.is_(None)
            query = select(interactions.c.interaction_id, interactions.c.source).where(theirs)
            joined = connection.execute(query).all()
            for some in chunks(row[0] for row in joined):
                change = update(interactions).where(interactions.c.interaction_id.in_(some))
                connection.execute(change.values(student_key=students[identity]))
            ids = [row[0] for row in joined]
            histories.add(
                connection, histories.entries_of(ids, [students[identity]] * len(ids), [None] * len(ids))
            )
            stitched |= {row[0]: row[1] is not None for row in joined}
    return stitched


def claimed(connection: Connection, item_type: ItemType, since: int) -> list[tuple[int, int]]:
    """(student key, item key) of all that known students did since a moment with source COBI."""
    table = interactions.c
    query = select(table.student_key, table.item_key).where(
        table.interaction_id >= first_id(since),
        table.event_timestamp >= since,
        table.source.is_not(None),
        table.student_key.is_not(None),
        table.item_type == item_type.value,
    )
    return [(row[0], row[1]) for row in connection.execute(query.distinct())]


def read(connection: Connection, identifier: bytes) -> dict[str, Any] | None:
    """One interaction by field name, with the ids of its student and item."""
    query = _readable().where(interactions.c.interaction_id == identifier)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def read_all(connection: Connection, ids: Collection[bytes]) -> list[dict[str, Any]]:
    """These interactions by field name, oldest first."""
    query = _readable()
    found = [
        dict(row)
        for chunk in chunks(ids)
        for row in connection.execute(query.where(interactions.c.interaction_id.in_(chunk))).mappings()
    ]
    return sorted(found, key=lambda row: (row["event_timestamp"], row["interaction_id"]))


def page(connection: Connection, wanted: Filter, limit: int, before: bytes | None) -> list[dict[str, Any]]:
    """Up to `limit` interactions, newest first, behind the one with the id `before`.

    Ids begin with the time in milliseconds and are the table's order: a page costs the same wherever it begins.
    """
    conditions = [*_conditions(connection, wanted)]
    if before is not None:
        conditions.append(interactions.c.interaction_id < before)
    query = _readable().where(*conditions).order_by(interactions.c.interaction_id.desc())
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def page_upwards(connection: Connection, limit: int, after: bytes) -> list[dict[str, Any]]:
    """Up to `limit` interactions, oldest first, behind the one with the id `after`."""
    query = _readable().where(interactions.c.interaction_id > after)
    found = connection.execute(query.order_by(interactions.c.interaction_id).limit(limit))
    return [dict(row) for row in found.mappings()]


def count(connection: Connection) -> tuple[int, int | None]:
    """How many interactions are stored, and when the last one was received."""
    query = select(func.count(), func.max(interactions.c.received)).select_from(interactions)
    counted, last = connection.execute(query).one()
    return counted, last


def newest(connection: Connection) -> int | None:
    """When the newest interaction happened."""
    query = select(interactions.c.event_timestamp).order_by(interactions.c.interaction_id.desc())
    return connection.scalar(query.limit(1))


def count_since(connection: Connection, since: int, most: int) -> int:
    """How many interactions happened since a moment, counted up to `most`."""
    some = select(interactions.c.interaction_id).where(interactions.c.interaction_id >= first_id(since))
    return connection.scalar(select(func.count()).select_from(some.limit(most).subquery())) or 0


def _conditions(connection: Connection, wanted: Filter) -> Iterable[ColumnElement[bool]]:
    table = interactions.c
    if wanted.student_id is not None:
        of_id = select(_customers.c.key).where(_customers.c.customer_id == wanted.student_id)
        yield histories.of_students(connection, list(connection.scalars(of_id)))
    if wanted.item_type is not None:
        yield table.item_type == wanted.item_type
    if wanted.item_id is not None:
        yield _item_is(wanted.item_id)
    if wanted.since is not None:
        yield table.event_timestamp >= wanted.since
        yield table.interaction_id >= first_id(wanted.since)
    if wanted.until is not None:
        yield table.event_timestamp < wanted.until
        yield table.interaction_id < first_id(wanted.until + MILLISECOND - 1)


def _item_is(item_id: bytes) -> ColumnElement[bool]:
    """Whether an interaction's item has this id, as whatever type it is."""
    alternatives = [
        and_(
            interactions.c.item_type == item_type.value,
            interactions.c.item_key
            == select(ENTITIES[name].c.key)
            .where(ENTITIES[name].columns.values()[1] == item_id)
            .scalar_subquery(),
        )
        for item_type, name in ITEM_RECORD_TYPES.items()
    ]
    return or_(*alternatives)


def _item_id() -> ColumnElement[Any]:
    """The id of an interaction's item, from the table its type names."""
    branches: list[tuple[Any, Any]] = []
    for item_type, name in ITEM_RECORD_TYPES.items():
        table = ENTITIES[name]
        found = (
            select(table.columns.values()[1]).where(table.c.key == interactions.c.item_key).scalar_subquery()
        )
        branches.append((interactions.c.item_type == item_type.value, found))
    return case(*branches)


def _readable() -> Query:
    table = interactions.c
    return (
        select(
            table.interaction_id,
            table.interaction_type,
            table.item_type,
            _item_id().label("item_id"),
            table.event_timestamp,
            _customers.c.customer_id.label("student_id"),
            visitors.c.user_id.label("user_id"),
            table.platform,
            table.city,
            table.country,
            table.source,
            table.recommendation_id,
        )
        .select_from(interactions)
        .outerjoin(_customers, _customers.c.key == table.student_key)
        .outerjoin(visitors, visitors.c.key == table.visitor_key)
    )
