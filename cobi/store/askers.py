"""Who asks for recommendations and what they did, of many students by one statement each, written once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from cobi.domain.interaction import ItemType
from cobi.store import bulk
from cobi.store.dialect import is_sqlite
from cobi.store.events import FAVOURITE, TRANSACTION, EventArray, of_students
from cobi.store.schema import ENTITIES

MOST_ROWS = 20_000
"""Of students who together did more, each one's newest events are read by themselves."""

_numbers = msgspec.json.Decoder(list[int])
_customers = ENTITIES["customers"]
_NAMES = ("customer_id", "key", "region", "institute_key", "course_key", "gender", "birthdate")
_COLUMNS = tuple(_customers.c[name] for name in _NAMES)

_IN_RUNS = """
SELECT h.owner, i.item_type, i.item_key, i.interaction_type, i.event_timestamp
FROM histories AS h CROSS JOIN interactions AS i ON i.interaction_id = h.interaction_id
WHERE h.run IN (SELECT run FROM history_runs) AND h.owner {these}"""
_BY_INDEX = """
SELECT student_key, item_type, item_key, interaction_type, event_timestamp
FROM interactions WHERE student_key {these}"""
_OWNED = """
UNION ALL SELECT student_key, {shop}, shop_key, {bought}, coalesce(created, uploaded)
FROM transactions WHERE student_key {these} AND is_deleted IS NOT TRUE
UNION ALL SELECT student_key, {offer}, offer_key, {bought}, coalesce(created, uploaded)
FROM transactions WHERE student_key {these} AND is_deleted IS NOT TRUE AND offer_key IS NOT NULL
UNION ALL SELECT student_key, {shop}, shop_key, {liked}, coalesce(created, uploaded)
FROM student_favourites WHERE student_key {these} AND is_deleted IS NOT TRUE
LIMIT {most}"""
_IN_ONE_ROW = """
SELECT json_group_array(owner), json_group_array(item_type), json_group_array(item_key),
       json_group_array(interaction_type), json_group_array(event_timestamp)
FROM ({rows})"""


def students(connection: Connection, ids: Collection[bytes]) -> dict[bytes, dict[str, Any]]:
    """Those of these students who are known and not deleted, with what says who they are."""
    further = "AND is_deleted IS NOT TRUE"
    rows = bulk.fetch_rows(connection, _COLUMNS, _customers.c.customer_id, ids, further=further)
    return {bytes(row[0]): dict(zip(_NAMES, row, strict=True)) for row in rows}


def histories(connection: Connection, keys: Sequence[int], most_each: int) -> EventArray:
    """What these students did, in any order; of one who did very much, the newest of each source."""
    found = (_fetch_sqlite if is_sqlite(connection) else _fetch_postgresql)(connection, keys)
    if len(found) > MOST_ROWS:
        return np.concatenate([of_students(connection, [key], most_each) for key in keys])
    return found


def _fetch_sqlite(connection: Connection, keys: Sequence[int]) -> EventArray:
    # The driver hands the interpreter over at each row: read as one, all cost one wait for it.
    driver: Any = connection.connection.driver_connection
    columns = driver.execute(_statement(True, len(keys)), [*keys] * 4).fetchone()
    return np.array([_numbers.decode(column) for column in columns], np.int64).T


def _fetch_postgresql(connection: Connection, keys: Sequence[int]) -> EventArray:
    driver: Any = connection.connection.driver_connection
    rows = driver.execute(_statement(False, 0), [list(keys)] * 4).fetchall()
    return np.array(rows, np.int64).reshape(-1, 5)


@cache
def _statement(embedded: bool, number: int) -> str:
    these = f"IN ({', '.join('?' * number)})" if embedded else "= ANY(%s::bigint[])"
    kinds = {
        "shop": ItemType.SHOP.value,
        "offer": ItemType.OFFER.value,
        "bought": TRANSACTION,
        "liked": FAVOURITE,
    }
    acted = _IN_RUNS if embedded else _BY_INDEX
    rows = (acted + _OWNED).format(these=these, most=MOST_ROWS + 1, **kinds)
    return _IN_ONE_ROW.format(rows=rows) if embedded else rows
