"""Students as somebody looks for them, and what they did and were shown, source by source, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_, select

from cobi.domain.interaction import Outcome
from cobi.store import histories
from cobi.store.impressions import Impression, impression_of
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.schema import ENTITIES, attributions, interactions, recommendations

_customers, _institutes, _courses = (ENTITIES[name] for name in ("customers", "institutes", "courses"))
_transactions, _favourites = ENTITIES["transactions"], ENTITIES["student-favourites"]
_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]

_LOOKED_AT = 500
"""Of the newest interactions so many are looked at for who was here last."""

Row = dict[str, Any]


def found(connection: Connection, identifier: bytes, most: int) -> list[Row]:
    """The students of this customer_id, or who use this user_id."""
    meant = or_(_customers.c.customer_id == identifier, _customers.c.user_id == identifier)
    return _rows(connection, _cards().where(meant).order_by(_customers.c.key).limit(most))


def of_keys(connection: Connection, keys: Collection[int]) -> list[Row]:
    """These students, in the order of the keys."""
    rows = _rows(connection, _cards().where(_customers.c.key.in_(list(keys))))
    by_key = {row["key"]: row for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def active_last(connection: Connection, most: int) -> list[int]:
    """The keys of students who did something, the last one first; looks at a few of the newest interactions only."""
    newest = select(interactions.c.student_key).order_by(interactions.c.interaction_id.desc())
    keys = dict.fromkeys(connection.scalars(newest.limit(_LOOKED_AT)))
    return [key for key in keys if key is not None][:most]


def acts(connection: Connection, student_key: int, before: bytes | None, limit: int) -> list[Row]:
    """What a student did, with what became of its claims, behind the interaction of that id."""
    table, verdict = interactions.c, attributions.c
    query = (
        select(
            table.interaction_id,
            table.event_timestamp,
            table.interaction_type,
            table.item_type,
            table.item_key,
            table.platform,
            table.city,
            table.source,
            verdict.outcome,
            verdict.recommendation_id,
            verdict.position,
        )
        .select_from(interactions)
        .outerjoin(attributions, verdict.interaction_id == table.interaction_id)
        .where(histories.of_students(connection, [student_key]))
        .order_by(table.interaction_id.desc())
    )
    if before is not None:
        query = query.where(table.interaction_id < before)
    return _rows(connection, query.limit(limit))


def answers(
    connection: Connection, student_key: int, before: tuple[int, bytes] | None, limit: int
) -> list[Impression]:
    """What a student was shown, behind the answer served then."""
    table = recommendations.c
    query = select(recommendations).where(table.student_key == student_key)
    if before is not None:
        served, identifier = before
        earlier = and_(table.served == served, table.recommendation_id < identifier)
        query = query.where(table.served <= served, or_(table.served < served, earlier))
    ordered = query.order_by(table.served.desc(), table.recommendation_id.desc()).limit(limit)
    return [impression_of(row) for row in connection.execute(ordered)]


def purchases(
    connection: Connection, student_key: int, before: tuple[int, int] | None, limit: int
) -> list[Row]:
    """What a student bought, behind the purchase of that moment and key."""
    return _dated(connection, _transactions, student_key, before, limit)


def favourites(
    connection: Connection, student_key: int, before: tuple[int, int] | None, limit: int
) -> list[Row]:
    """The shops a student marked, behind the one of that moment and key."""
    return _dated(connection, _favourites, student_key, before, limit)


def came_of(connection: Connection, answer_ids: Sequence[bytes]) -> dict[tuple[bytes, int], list[int]]:
    """By answer and position, the types of the interactions that are held to have come of it."""
    verdict, acted = attributions.c, interactions.c
    query = (
        select(verdict.recommendation_id, verdict.position, acted.interaction_type)
        .join(interactions, acted.interaction_id == verdict.interaction_id)
        .where(verdict.outcome.in_(_ATTRIBUTED))
        .order_by(acted.interaction_type)
        .distinct()
    )
    by_place: dict[tuple[bytes, int], list[int]] = {}
    for chunk in chunks(answer_ids):
        for answer, position, kind in connection.execute(query.where(verdict.recommendation_id.in_(chunk))):
            by_place.setdefault((answer, position), []).append(kind)
    return by_place


def _dated(
    connection: Connection, table: Table, student_key: int, before: tuple[int, int] | None, limit: int
) -> list[Row]:
    moment = func.coalesce(table.c.created, table.c.uploaded)
    query = select(table, moment.label("moment")).where(
        table.c.student_key == student_key, table.c.is_deleted.is_not(True)
    )
    if before is not None:
        query = query.where(or_(moment < before[0], and_(moment == before[0], table.c.key < before[1])))
    return _rows(connection, query.order_by(moment.desc(), table.c.key.desc()).limit(limit))


def _cards() -> Query:
    names = (
        "key",
        "customer_id",
        "user_id",
        "region",
        "gender",
        "birthdate",
        "created",
        "uploaded",
        "is_deleted",
    )
    return (
        select(
            *(_customers.c[name] for name in names),
            _institutes.c.name.label("institute"),
            _courses.c.name.label("course"),
        )
        .select_from(_customers)
        .outerjoin(_institutes, _institutes.c.key == _customers.c.institute_key)
        .outerjoin(_courses, _courses.c.key == _customers.c.course_key)
    )


def _rows(connection: Connection, query: Query) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]
