"""What students did, as arrays to learn from: interactions, transactions and favourites in one form.

An event is (item type, item key, kind, time). A transaction is one event on its shop and, where it names an
offer, one on the offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, literal, select

from cobi.domain.interaction import ItemType
from cobi.store import histories
from cobi.store.query import Query
from cobi.store.schema import ENTITIES, interactions

TRANSACTION = 101
FAVOURITE = 102
ANONYMOUS = -1

_ROWS_AT_ONCE = 100_000
_customers = ENTITIES["customers"]
_transactions = ENTITIES["transactions"]
_favourites = ENTITIES["student-favourites"]

EventArray = NDArray[np.int64]
"""Shape (n, 5): student key (-1 anonymous), item type, item key, kind, time in microseconds."""


def everything(connection: Connection, until: int | None = None) -> EventArray:
    """All events, or those before a moment."""
    return np.concatenate([_fetch(connection, source.query, source.time, until) for source in _sources()])


def of_students(connection: Connection, student_keys: Sequence[int], most_each: int) -> EventArray:
    """The events of these students; of each source at most `most_each` per student, the newest."""
    parts: list[EventArray] = []
    for source in _sources():
        theirs = source.query.where(_are_of(connection, source, student_keys))
        newest = theirs.order_by(source.time.desc()).limit(most_each * len(student_keys))
        parts.append(_array(connection.execute(newest).all()))
    return np.concatenate(parts)


def known_by(connection: Connection, student_key: int, moment: int) -> NDArray[np.int64]:
    """What a student was known by a moment to have done: the rows of `of_students`, and when each arrived.

    Shape (n, 6). What was uploaded again since, or is gone, is not among them.
    """
    queries = [
        source.query.add_columns(source.arrived).where(
            _are_of(connection, source, [student_key]), source.arrived <= moment
        )
        for source in _sources()
    ]
    rows = [tuple(row) for query in queries for row in connection.execute(query)]
    return np.array(rows, np.int64).reshape(-1, 6)


def students(
    connection: Connection, keys: Sequence[int] | None = None
) -> tuple[NDArray[np.int64], list[Mapping[str, Any]]]:
    """The keys of all students, or of these, ascending, and what is on record of who they are."""
    columns = (
        _customers.c[name] for name in ("key", "region", "institute_key", "course_key", "gender", "birthdate")
    )
    query = select(*columns).order_by(_customers.c.key)
    if keys is not None:
        query = query.where(_customers.c.key.in_(keys))
    rows = connection.execute(query).mappings().all()
    return np.array([row["key"] for row in rows], dtype=np.int64), [dict(row) for row in rows]


def student_keys(connection: Connection) -> NDArray[np.int64]:
    """The keys of all students, ascending."""
    return np.array(list(connection.scalars(select(_customers.c.key).order_by(_customers.c.key))), np.int64)


class _Source(NamedTuple):
    """Rows that are events, and the columns that say when they happened and when Cobi heard of them."""

    query: Query
    time: ColumnElement[Any]
    arrived: ColumnElement[Any]


def _are_of(connection: Connection, source: _Source, student_keys: Sequence[int]) -> ColumnElement[bool]:
    student = source.query.selected_columns[0]
    acted = student is interactions.c.student_key
    return histories.of_students(connection, student_keys) if acted else student.in_(student_keys)


def _sources() -> list[_Source]:
    acted, bought, liked = interactions.c, _transactions.c, _favourites.c
    bought_at = func.coalesce(bought.created, bought.uploaded)
    liked_at = func.coalesce(liked.created, liked.uploaded)
    present = bought.is_deleted.is_not(True)
    shop, offer = literal(ItemType.SHOP.value), literal(ItemType.OFFER.value)
    transaction, favourite = literal(TRANSACTION), literal(FAVOURITE)
    acts = select(
        acted.student_key, acted.item_type, acted.item_key, acted.interaction_type, acted.event_timestamp
    )
    at_shops = select(bought.student_key, shop, bought.shop_key, transaction, bought_at).where(present)
    of_offers = select(bought.student_key, offer, bought.offer_key, transaction, bought_at).where(
        present, bought.offer_key.is_not(None)
    )
    likes = select(liked.student_key, shop, liked.shop_key, favourite, liked_at).where(
        liked.is_deleted.is_not(True)
    )
    return [
        _Source(acts, acted.event_timestamp, acted.received),
        _Source(at_shops, bought_at, bought.uploaded),
        _Source(of_offers, bought_at, bought.uploaded),
        _Source(likes, liked_at, liked.uploaded),
    ]


def _fetch(connection: Connection, query: Query, time: ColumnElement[Any], until: int | None) -> EventArray:
    if until is not None:
        query = query.where(time < until)
    # Streamed in slices, so that the rows never all lie in memory as Python tuples.
    streamed = connection.execution_options(stream_results=True).execute(query)
    slices = [_array(rows) for rows in streamed.partitions(_ROWS_AT_ONCE)]
    return np.concatenate(slices) if slices else np.empty((0, 5), np.int64)


def _array(rows: Sequence[Any]) -> EventArray:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    owners = [ANONYMOUS if owner is None else owner for owner in columns[0]]
    return np.stack([np.array(column, dtype=np.int64) for column in (owners, *columns[1:])], axis=1)
