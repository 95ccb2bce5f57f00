"""The same figures counted from the rows: to fill the tables, to hold them to, and for cut quarters of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, select

from cobi.domain.moments import QUARTER_HOUR
from cobi.store.query import Query
from cobi.store.rollups.counting import ATTRIBUTED, REVEAL, answer_dimensions, no
from cobi.store.rollups.period import EVER, Period
from cobi.store.rollups.tables import (
    ANSWER,
    ANSWERS,
    CLICKS,
    EVENTS,
    ITEMS,
    OUTCOMES,
    PLATFORMS,
    Rollup,
    conversions,
)
from cobi.store.rollups.tallies import Figures, Tallies
from cobi.store.schema import attributions, interactions, recommendations

_answer, _acted, _verdict = recommendations.c, interactions.c, attributions.c

_KEY = 2 + len(ANSWER)
"""Columns of what figures of positions are told apart by."""


def recount(connection: Connection, period: Period = EVER) -> Tallies:
    """All figures of a period."""
    found = Tallies()
    for row in connection.execute(_answers(period)):
        found.add(ANSWERS, tuple(row[:-1]), (row[-1],))
    for row in connection.execute(_clicked(period)):
        found.add(CLICKS, tuple(row[:_KEY]), _figures([*row[_KEY:], *_NO_WORTH]))
    for rollup, own in _OWN:
        for row in connection.execute(_worth(period, own)):
            _add(found, rollup, len(own), row)
        for row in connection.execute(_conversions(period, own)):
            _add(found, rollup, len(own), row)
    for row in connection.execute(_outcomes(period)):
        found.add(OUTCOMES, tuple(row[:-1]), (row[-1],))
    return found


_OWN: Sequence[tuple[Rollup, Sequence[ColumnElement[Any]]]] = (
    (CLICKS, (_verdict.position.label("position"),)),
    (PLATFORMS, (no(_acted.platform).label("platform"),)),
    (ITEMS, (_acted.item_type, _acted.item_key)),
)
_NO_WORTH = (0,) * (len(EVENTS) + 3)


def _add(found: Tallies, rollup: Rollup, own: int, row: Any) -> None:
    (time, *answer), special = row[: _KEY - 1], row[_KEY - 1 :][:own]
    figures = _figures(row[_KEY - 1 + own :])
    if rollup is ITEMS:
        found.add(rollup, (time, *special, *answer), figures)
    else:
        head = (0, 0) if rollup is CLICKS else ()
        found.add(rollup, (time, *answer, *special), (*head, *figures))


def _figures(values: Sequence[Any]) -> Figures:
    return tuple(int(value) for value in values)


def _answers(period: Period) -> Query:
    dimensions = [*answer_dimensions(), _answer.shown]
    return (
        select(*dimensions, func.count())
        .where(period.holds(_answer.served, _answer.recommendation_id))
        .group_by(*dimensions)
    )


def _clicked(period: Period) -> Query:
    """Impressions with an attributed interaction, and those with an attributed code reveal."""
    revealed = func.max(case((_acted.interaction_type == REVEAL, 1), else_=0)).label("revealed")
    dimensions = [*answer_dimensions(), _verdict.position.label("position")]
    impressions = (
        _joined(select(*dimensions, revealed), period)
        .group_by(_answer.recommendation_id, *dimensions)
        .subquery()
    )
    kept = [impressions.c[name] for name in ("quarter_hour", *ANSWER, "position")]
    return select(*kept, func.count(), func.sum(impressions.c.revealed)).group_by(*kept)


def _worth(period: Period, own: Sequence[ColumnElement[Any]]) -> Query:
    dimensions = [*answer_dimensions(), *own]
    counts = [func.sum(case((_acted.interaction_type == at + 1, 1), else_=0)) for at in range(len(EVENTS))]
    zero = cast(0, BigInteger)
    return _joined(select(*dimensions, *counts, zero, zero, zero), period).group_by(*dimensions)


def _conversions(period: Period, own: Sequence[ColumnElement[Any]]) -> Query:
    dimensions = [*answer_dimensions(), *own]
    zeros = [cast(0, BigInteger) for _ in EVENTS]
    sums = (func.sum(conversions.c.amount), func.sum(conversions.c.savings))
    return (
        _joined(select(*dimensions, *zeros, func.count(), *sums), period)
        .join(conversions, conversions.c.interaction_id == _acted.interaction_id)
        .group_by(*dimensions)
    )


def _joined(query: Query, period: Period) -> Query:
    return (
        query.select_from(attributions)
        .join(recommendations, _answer.recommendation_id == _verdict.recommendation_id)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .where(_verdict.outcome.in_(ATTRIBUTED), period.holds(_answer.served, _answer.recommendation_id))
    )


def _outcomes(period: Period) -> Query:
    dimensions = [
        (_acted.event_timestamp // QUARTER_HOUR).label("quarter_hour"),
        _verdict.outcome,
        no(_acted.platform).label("platform"),
    ]
    return (
        select(*dimensions, func.count())
        .select_from(attributions)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .where(period.holds(_acted.event_timestamp, _acted.interaction_id))
        .group_by(*dimensions)
    )
