"""The rows of what students did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from cobi.domain.identifiers import first_id, parse_id
from cobi.domain.interaction import ITEM_RECORD_TYPES
from cobi.domain.moments import MILLISECOND
from cobi.store.dialect import insert_rows
from cobi.store.keys import KeyCache, chunks, resolve_visitors
from cobi.store.query import Query
from cobi.store.schema import ENTITIES, interactions, visitors

COLUMNS = tuple(interactions.columns.keys())
"""The order of a row's values in `add`."""

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
    query = select(column).where(column.in_(bindparam("ids", expanding=True)))
    # In the order of the index, neighbours are found on the same pages.
    return {found for chunk in chunks(sorted(ids)) for found in connection.scalars(query, {"ids": chunk})}


def add(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Insert new interactions, given in the order of COLUMNS; sorted, because ids are the table's order."""
    insert_rows(connection, interactions, COLUMNS, sorted(rows, key=lambda row: row[0]))


def visitor_keys(connection: Connection, cache: KeyCache, user_ids: Collection[str]) -> dict[str, int]:
    """The keys of these pseudonyms; new ones get one."""
    known = resolve_visitors(connection, cache, user_ids)
    new = sorted(set(user_ids) - known.keys())
    if not new:
        return known
    connection.execute(
        insert(visitors), [{"user_id": user_id, "identity": parse_id(user_id)} for user_id in new]
    )
    return resolve_visitors(connection, cache, user_ids)


def stitch(connection: Connection, students: Mapping[bytes, int]) -> list[bytes]:
    """Give anonymous interactions under these `user_id`s to their students (D20); returns those of COBI."""
    claimed: list[bytes] = []
    for chunk in chunks(students):
        found = connection.execute(
            select(visitors.c.identity, visitors.c.key).where(visitors.c.identity.in_(chunk))
        ).all()
        for identity, visitor_key in found:
            theirs = and_(interactions.c.visitor_key == visitor_key, interactions.c.student_key.is_(None))
            of_cobi = select(interactions.c.interaction_id).where(theirs, interactions.c.source.is_not(None))
            claimed.extend(connection.scalars(of_cobi))
            connection.execute(update(interactions).where(theirs).values(student_key=students[identity]))
    return claimed


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
    conditions = [*_conditions(wanted)]
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


def _conditions(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    table = interactions.c
    if wanted.student_id is not None:
        of_id = _customers.c.customer_id == wanted.student_id
        yield table.student_key == select(_customers.c.key).where(of_id).scalar_subquery()
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
