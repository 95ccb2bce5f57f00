"""The rows behind figures: answers, the interactions attributed to them, and claims, newest first.

The rollups say on which days there is something to find, so that no other day's rows are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import InteractionType, ItemType, Outcome
from cobi.domain.moments import DAY
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.rollups.counting import ATTRIBUTED
from cobi.store.rollups.reading import Selection
from cobi.store.rollups.tables import ANSWERS, CLICKS, ITEMS, OUTCOMES, PLATFORMS, WORTH, conversions
from cobi.store.schema import ENTITIES, attributions, interactions, recommendations, segments

_answer, _acted, _verdict = recommendations.c, interactions.c, attributions.c
_customers = ENTITIES["customers"]
_OF_ACT = (
    _verdict.interaction_id,
    _acted.interaction_type,
    _acted.item_type,
    _acted.item_key,
    _acted.event_timestamp,
    _customers.c.customer_id.label("student_id"),
    _acted.platform,
)


@dataclass(frozen=True)
class Kind:
    """Which of the attributed interactions: of a type, or those that purchases followed; neither = all."""

    interaction_type: InteractionType | None = None
    converted: bool = False


def answers(connection: Connection, wanted: Selection, before: bytes | None, limit: int) -> list[Row[Any]]:
    """Up to `limit` answers, older than the one with the id `before`."""
    query = _of_answers(
        select(
            _answer.recommendation_id,
            _answer.served,
            _customers.c.customer_id.label("student_id"),
            segments.c.segment_id,
            _answer.model_version,
            _answer.policy,
            _answer.arm,
            _answer.regions,
            _answer.shown,
        )
        .select_from(recommendations)
        .outerjoin(segments, segments.c.key == _answer.segment_key),
        wanted,
    ).order_by(_answer.recommendation_id.desc())
    if before is not None:
        query = query.where(_answer.recommendation_id < before)
    days = _days(connection, ANSWERS.days, wanted, ANSWERS.days.c.answers > 0)
    return _walked(connection, query, _answer.recommendation_id, _until(days, before), limit)


def attributed(
    connection: Connection, wanted: Selection, kind: Kind, before: tuple[bytes, bytes] | None, limit: int
) -> list[Row[Any]]:
    """Up to `limit` interactions behind `before`, the ids of an answer and an interaction."""
    query = _of_answers(_attributed(), wanted).order_by(
        _verdict.recommendation_id.desc(), _verdict.interaction_id.desc()
    )
    query = query.where(*_of_interactions(wanted, kind))
    if before is not None:
        query = query.where(
            or_(
                _verdict.recommendation_id < before[0],
                and_(_verdict.recommendation_id == before[0], _verdict.interaction_id < before[1]),
            )
        )
    days = _until(_days_of_worth(connection, wanted, kind), before and before[0])
    return _walked(connection, query, _verdict.recommendation_id, days, limit)


def claims(
    connection: Connection, wanted: Selection, outcome: Outcome, before: bytes | None, limit: int
) -> list[Row[Any]]:
    """Up to `limit` interactions whose claim came to this, older than the one with the id `before`.

    Of the selection the period and the platform count: a claim that fits no answer has nothing else.
    """
    query = (
        select(*_OF_ACT, _verdict.outcome, _verdict.position, _acted.recommendation_id)
        .select_from(attributions)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .outerjoin(_customers, _customers.c.key == _acted.student_key)
        .where(_verdict.outcome == outcome.value)
        .where(wanted.period.holds(_acted.event_timestamp, _verdict.interaction_id))
        .order_by(_verdict.interaction_id.desc())
    )
    if wanted.platform is not None:
        query = query.where(_acted.platform == wanted.platform)
    if before is not None:
        query = query.where(_verdict.interaction_id < before)
    there = and_(OUTCOMES.days.c.outcome == outcome.value, OUTCOMES.days.c.interactions > 0)
    days = _until(_days(connection, OUTCOMES.days, wanted, there), before)
    return _walked(connection, query, _verdict.interaction_id, days, limit)


def came_of(connection: Connection, answer_ids: Collection[bytes]) -> dict[bytes, int]:
    """How many interactions are attributed to each of these answers."""
    query = select(_verdict.recommendation_id, func.count()).where(_verdict.outcome.in_(ATTRIBUTED))
    return {
        row[0]: row[1]
        for chunk in chunks(answer_ids)
        for row in connection.execute(
            query.where(_verdict.recommendation_id.in_(chunk)).group_by(_verdict.recommendation_id)
        )
    }


def purchases(
    connection: Connection, interaction_ids: Collection[bytes]
) -> dict[bytes, tuple[int, int, int]]:
    """The purchases behind each of these interactions: how many, their amount and their savings in thousandths."""
    bought = conversions.c
    query = select(
        bought.interaction_id, func.count(), func.sum(bought.amount), func.sum(bought.savings)
    ).group_by(bought.interaction_id)
    return {
        row[0]: (row[1], int(row[2]), int(row[3]))
        for chunk in chunks(interaction_ids)
        for row in connection.execute(query.where(bought.interaction_id.in_(chunk)))
    }


def _attributed() -> Query:
    return (
        select(
            *_OF_ACT,
            _verdict.outcome,
            _verdict.position,
            _verdict.recommendation_id,
            _answer.served,
            _answer.model_version,
            _answer.policy,
            _answer.arm,
            _answer.regions,
        )
        .select_from(attributions)
        .join(recommendations, _answer.recommendation_id == _verdict.recommendation_id)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .where(_verdict.outcome.in_(ATTRIBUTED))
    )


def _of_answers(query: Query, wanted: Selection) -> Query:
    """Limited to the wanted answers, with the students they were for."""
    query = query.outerjoin(_customers, _customers.c.key == _answer.student_key).where(
        wanted.period.holds(_answer.served, _answer.recommendation_id)
    )
    for column, value in (
        (_answer.model_version, wanted.model_version),
        (_answer.arm, wanted.arm),
        # An answer for several regions counts for none of them.
        (_answer.regions, wanted.region),
    ):
        if value is not None:
            query = query.where(column == value)
    return query if wanted.position is None else query.where(_answer.shown >= wanted.position)


def _of_interactions(wanted: Selection, kind: Kind) -> Iterable[ColumnElement[bool]]:
    if wanted.position is not None:
        yield _verdict.position == wanted.position
    if wanted.platform is not None:
        yield _acted.platform == wanted.platform
    if wanted.items is not None:
        yield or_(False, *_among(wanted.items, _acted.item_type, _acted.item_key))
    if kind.interaction_type is not None:
        yield _acted.interaction_type == kind.interaction_type.value
    if kind.converted:
        yield (
            select(conversions.c.interaction_id)
            .where(conversions.c.interaction_id == _verdict.interaction_id)
            .exists()
        )


def _among(
    items: Iterable[tuple[int, int]], item_type: ColumnElement[Any], item_key: ColumnElement[Any]
) -> Iterable[ColumnElement[bool]]:
    for kind in ItemType:
        keys = sorted(key for of, key in items if of == kind)
        for chunk in chunks(keys):
            yield and_(item_type == kind.value, item_key.in_(chunk))


def _days_of_worth(connection: Connection, wanted: Selection, kind: Kind) -> list[int]:
    table = CLICKS.days
    if wanted.items is not None:
        table = ITEMS.days
    elif wanted.platform is not None:
        table = PLATFORMS.days
    names: Sequence[str] = ("conversions",) if kind.converted else WORTH[: len(InteractionType)]
    if kind.interaction_type is not None:
        names = (WORTH[kind.interaction_type.value - 1],)
    there = or_(*(table.c[name] > 0 for name in names))
    if wanted.items is not None:
        there = and_(there, or_(False, *_among(wanted.items, table.c.item_type, table.c.item_key)))
    return _days(connection, table, wanted, there)


def _days(connection: Connection, table: Table, wanted: Selection, there: ColumnElement[bool]) -> list[int]:
    """The days with something to find, the newest first; days that the period cuts are among them."""
    query = select(table.c.day).where(there).distinct().order_by(table.c.day.desc())
    for name in ("model_version", "arm", "region", "position", "platform"):
        value = getattr(wanted, name)
        if value is not None and name in table.c:
            query = query.where(table.c[name] == value)
    since, until = wanted.period.since, wanted.period.until
    if since is not None:
        query = query.where(table.c.day >= since // DAY)
    if until is not None:
        query = query.where(table.c.day * DAY < until)
    return list(connection.scalars(query))


def _until(days: Iterable[int], before: bytes | None) -> Iterable[int]:
    return days if before is None else (day for day in days if first_id(day * DAY) < before)


def _walked(
    connection: Connection, query: Query, identifier: ColumnElement[Any], days: Iterable[int], limit: int
) -> list[Row[Any]]:
    """The first rows, looked for day by day."""

    def rows(day: int) -> Iterable[Row[Any]]:
        bounds = (identifier >= first_id(day * DAY), identifier < first_id((day + 1) * DAY))
        return connection.execute(query.where(*bounds).limit(limit)).all()

    return list(islice((row for day in days for row in rows(day)), limit))
