"""Finding a student, and saying who that is."""

from __future__ import annotations

from typing import Any

from cobi.actions.recommending.recommend import Maker, unknown_customer
from cobi.domain.identifiers import format_id
from cobi.domain.moments import format_moment
from cobi.store import students
from cobi.store.database import Connection
from cobi.store.experiments import counting, plans

MOST_FOUND = 25


def search(connection: Connection, identifier: bytes | None) -> dict[str, Any]:
    """The students of an id; without one those who did something last."""
    if identifier is None:
        rows = students.of_keys(connection, students.active_last(connection, MOST_FOUND))
    else:
        rows = students.found(connection, identifier, MOST_FOUND)
    return {"students": [_card(row) for row in rows]}


def profile(maker: Maker, customer_id: bytes) -> dict[str, Any]:
    """Who a student is, in which segments and in which arms; raises NotFound."""
    row = of_id(maker.connection, customer_id)
    segments = maker.crowds.segments_of(maker.connection, row["key"], maker.when)
    return {
        **_card(row),
        "segments": [{"segment_id": format_id(one.segment_id), "name": one.name} for one in segments],
        "experiments": _experiments(maker.connection, row["key"]),
    }


def of_id(connection: Connection, customer_id: bytes) -> dict[str, Any]:
    """A student's row; raises NotFound."""
    for row in students.found(connection, customer_id, MOST_FOUND):
        if row["customer_id"] == customer_id:
            return row
    raise unknown_customer(customer_id)


def _card(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "customer_id": format_id(row["customer_id"]),
        "user_id": None if row["user_id"] is None else format_id(row["user_id"]),
        "region": row["region"],
        "institute": row["institute"],
        "course": row["course"],
        "gender": row["gender"],
        "birthdate": row["birthdate"],
        "created": None if row["created"] is None else format_moment(row["created"]),
        "uploaded": format_moment(row["uploaded"]),
        "is_deleted": bool(row["is_deleted"]),
    }


def _experiments(connection: Connection, key: int) -> list[dict[str, Any]]:
    known = {one.key: one for one in plans.everything(connection)}
    return [
        {
            "name": known[of].plan.name,
            "arm": known[of].plan.arms[number].name,
            "since": format_moment(exposed),
            "stopped": None if (stopped := known[of].stopped) is None else format_moment(stopped),
        }
        for of, number, exposed in counting.of_student(connection, key)
    ]
