"""Who asks for recommendations and what they did, of many students by one statement, written once.

It answers one row of JSON arrays, with the counters that tell what of a process's memory is out of date: SQLite's
driver hands the interpreter over at each row, PostgreSQL's waits for the server at each statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from sqlalchemy import Connection

from cobi.domain.interaction import ItemType
from cobi.store.binary_arrays import numbers_of, packed
from cobi.store.dialect import is_sqlite
from cobi.store.events import FAVOURITE, TRANSACTION, EventArray, of_students
from cobi.store.schema import ENTITIES

MOST_ROWS = 20_000
"""Of students who together did more, each one's newest events are read by themselves."""

_customer_id = ENTITIES["customers"].c.customer_id
_NAMES = ("key", "region", "institute_key", "course_key", "gender", "birthdate")
_FORM = tuple[str, int, str, int | None, int | None, str | None, str | None]

_numbers = msgspec.json.Decoder(list[int]).decode
_students = msgspec.json.Decoder(list[_FORM]).decode
_counters = msgspec.json.Decoder(dict[str, int]).decode

_ASKED = """
WITH asked AS MATERIALIZED (
    SELECT customer_id, {names} FROM customers WHERE customer_id {these} AND is_deleted IS NOT TRUE
), done AS MATERIALIZED (
    SELECT {owner} AS student, i.item_type AS type, i.item_key AS item, i.interaction_type AS kind,
           i.event_timestamp AS moment
    FROM {acted} {theirs}
    UNION ALL SELECT student_key, {shop}, shop_key, {bought}, coalesce(created, uploaded)
    FROM transactions WHERE student_key {theirs} AND is_deleted IS NOT TRUE
    UNION ALL SELECT student_key, {offer}, offer_key, {bought}, coalesce(created, uploaded)
    FROM transactions WHERE student_key {theirs} AND is_deleted IS NOT TRUE AND offer_key IS NOT NULL
    UNION ALL SELECT student_key, {shop}, shop_key, {liked}, coalesce(created, uploaded)
    FROM student_favourites WHERE student_key {theirs} AND is_deleted IS NOT TRUE
    LIMIT {most}
)
SELECT {answer} FROM done"""
_IN_RUNS = """histories AS h CROSS JOIN interactions AS i ON i.interaction_id = h.interaction_id
    WHERE h.run IN (SELECT run FROM history_runs) AND h.owner"""
_BY_INDEX = "interactions AS i WHERE i.student_key"
_COLUMNS = ("student", "type", "item", "kind", "moment")


class Seen(NamedTuple):
    """The counters, those of the students who are known and not deleted by their ids, and what they did, in any order.

    `complete` is False where together these students did more than is read at once: some of it is missing.
    """

    revisions: dict[str, int]
    students: Mapping[bytes, Mapping[str, Any]]
    events: EventArray
    complete: bool


def seen(connection: Connection, ids: Sequence[bytes]) -> Seen:
    """Look at these students, by one statement."""
    counters, students, columns = (_look_sqlite if is_sqlite(connection) else _look_postgresql)(
        connection, ids
    )
    events = np.array(columns, np.int64).T
    known: dict[bytes, dict[str, Any]] = {
        bytes.fromhex(one[0]): dict(zip(_NAMES, one[1:], strict=True)) for one in _students(students or "[]")
    }
    return Seen(_counters(counters or "{}"), known, events, len(events) <= MOST_ROWS)


def read(connection: Connection, ids: Sequence[bytes], most_each: int) -> Seen:
    """The same with the events of students who did much too: of one who did very much, the newest of each source."""
    found = seen(connection, ids)
    if found.complete:
        return found
    keys = [student["key"] for student in found.students.values()]
    each = [of_students(connection, [key], most_each) for key in keys]
    return found._replace(events=np.concatenate(each), complete=True)


def _look_sqlite(connection: Connection, ids: Sequence[bytes]) -> tuple[str, str, list[list[int]]]:
    driver: Any = connection.connection.driver_connection
    counters, students, *columns = driver.execute(_statement(True, len(ids)), ids).fetchone()
    return counters, students, [_numbers(column) for column in columns]


def _look_postgresql(connection: Connection, ids: Sequence[bytes]) -> tuple[bytes, bytes, list[EventArray]]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        found = cursor.execute(_statement(False, 0), [packed(_customer_id, ids)]).pgresult
    counters, students, *columns = (found.get_value(0, at) for at in range(found.nfields))
    return counters, students, [numbers_of(column) for column in columns]


@cache
def _statement(embedded: bool, number: int) -> str:
    names = ", ".join(_NAMES)
    if embedded:
        these, theirs = f"IN ({', '.join('?' * number)})", "IN (SELECT key FROM asked)"
        answer = [
            "(SELECT json_group_object(name, value) FROM revisions)",
            f"(SELECT json_group_array(json_array(hex(customer_id), {names})) FROM asked)",  # noqa: S608 (the schema's own names)
            *(f"json_group_array({column})" for column in _COLUMNS),
        ]
    else:
        # Of a join the planner, which does not know how few are asked for, might make one with whole tables.
        these, theirs = "= ANY(%s)", "= ANY(ARRAY(SELECT key FROM asked))"
        answer = [
            "(SELECT json_object_agg(name, value) FROM revisions)",
            f"(SELECT json_agg(json_build_array(encode(uuid_send(customer_id), 'hex'), {names})) FROM asked)",  # noqa: S608 (as above)
            *(f"array_agg({column}::bigint)" for column in _COLUMNS),
        ]
    return _ASKED.format(
        names=names,
        these=these,
        theirs=theirs,
        owner="h.owner" if embedded else "i.student_key",
        acted=_IN_RUNS if embedded else _BY_INDEX,
        answer=", ".join(answer),
        most=MOST_ROWS + 1,
        shop=ItemType.SHOP.value,
        offer=ItemType.OFFER.value,
        bought=TRANSACTION,
        liked=FAVOURITE,
    )
