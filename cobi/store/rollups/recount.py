"""The same figures counted from the rows: to fill the tables, to hold them to, and for cut quarters of an hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select, tuple_

from cobi.domain.moments import QUARTER_HOUR
from cobi.store.query import Query
from cobi.store.rollups.counting import ATTRIBUTED, REVEAL, answer_dimensions, no
from cobi.store.rollups.period import EVER, Period
from cobi.store.rollups.tables import (
    ANSWERS,
    CLICKS,
    EVENTS,
    ITEMS,
    OUTCOMES,
    PLATFORMS,
    ROLLUPS,
    WORTH,
    Rollup,
    conversions,
)
from cobi.store.rollups.tallies import Figures, Tallies
from cobi.store.schema import attributions, interactions, recommendations

_answer, _acted, _verdict = recommendations.c, interactions.c, attributions.c

_OWN: Mapping[str, ColumnElement[Any]] = {
    "position": _verdict.position,
    "platform": no(_acted.platform).label("platform"),
    "item_type": _acted.item_type,
    "item_key": _acted.item_key,
}
"""What figures of what came of answers are told apart by, besides the dimensions of the answers."""

_CAME = (CLICKS, PLATFORMS, ITEMS)
_NOT_BOUGHT = (0,) * (len(WORTH) - len(EVENTS))
_NOT_DONE = (0,) * len(EVENTS)


def recount(
    connection: Connection,
    period: Period = EVER,
    rollups: Collection[Rollup] = ROLLUPS,
    items: Collection[tuple[int, int]] | None = None,
) -> Tallies:
    """The figures of these rollups in a period; of ITEMS what was done with these only, where some are given."""
    found = Tallies()
    for rollup in rollups:
        width = len(_key(rollup))
        more = _NOT_BOUGHT if rollup in _CAME else ()
        for row in connection.execute(_query(rollup, period, items)):
            found.add(rollup, tuple(row[:width]), (*_figures(row[width:]), *more))
    if came := [rollup for rollup in rollups if rollup in _CAME]:
        _add_bought(found, connection, period, came)
    return found


def _query(rollup: Rollup, period: Period, items: Collection[tuple[int, int]] | None) -> Query:
    """The key, then the figures, without what was bought."""
    if rollup is ANSWERS:
        return _answers(period)
    if rollup is OUTCOMES:
        return _outcomes(period)
    if rollup is CLICKS:
        return _clicked(period)
    done = _done(rollup, period)
    if rollup is ITEMS and items is not None:
        return done.where(tuple_(_acted.item_type, _acted.item_key).in_(sorted(items)))
    return done


def _key(rollup: Rollup) -> list[str]:
    return rollup.quarters.primary_key.columns.keys()


def _columns(rollup: Rollup) -> list[ColumnElement[Any]]:
    """The columns of the key of what came of answers."""
    known = {**_OWN, **{column.name: column for column in answer_dimensions()}}
    return [known[name] for name in _key(rollup)]


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
    """Impressions with an attributed interaction, those with an attributed code reveal, and all that came of them."""
    revealed = func.max(case((_acted.interaction_type == REVEAL, 1), else_=0)).label("revealed")
    dimensions = _columns(CLICKS)
    impressions = (
        _joined(select(*dimensions, revealed, *_events()), period)
        .group_by(_answer.recommendation_id, *dimensions)
        .subquery()
    )
    kept = [impressions.c[name] for name in _key(CLICKS)]
    sums = [func.sum(impressions.c[name]) for name in ("revealed", *EVENTS)]
    return select(*kept, func.count(), *sums).group_by(*kept)


def _done(rollup: Rollup, period: Period) -> Query:
    """Attributed interactions of each type."""
    dimensions = _columns(rollup)
    return _joined(select(*dimensions, *_events()), period).group_by(*dimensions)


def _events() -> list[ColumnElement[Any]]:
    return [
        func.sum(case((_acted.interaction_type == at + 1, 1), else_=0)).label(name)
        for at, name in enumerate(EVENTS)
    ]


def _add_bought(found: Tallies, connection: Connection, period: Period, rollups: Collection[Rollup]) -> None:
    """Add the conversions: there are few, so that one query tells them apart in every way."""
    for row in connection.execute(_bought(period)).mappings():
        bought = _figures([row[name] for name in WORTH[len(EVENTS) :]])
        for rollup in rollups:
            head = (0, 0) if rollup is CLICKS else ()
            found.add(rollup, tuple(row[name] for name in _key(rollup)), (*head, *_NOT_DONE, *bought))


def _bought(period: Period) -> Query:
    dimensions = [*answer_dimensions(), *_OWN.values()]
    sums = (
        func.count().label("conversions"),
        func.sum(conversions.c.amount).label("amount"),
        func.sum(conversions.c.savings).label("savings"),
    )
    return (
        _joined(select(*dimensions, *sums), period)
        .join(conversions, conversions.c.interaction_id == _acted.interaction_id)
        .group_by(*dimensions)
    )


def _joined(query: Query, period: Period) -> Query:
    return (
        query.select_from(attributions)
        .join(recommendations, _answer.recommendation_id == _verdict.recommendation_id)
        .join(interactions, _acted.interaction_id == _verdict.interaction_id)
        .where(
            _verdict.outcome.in_(ATTRIBUTED),
            # Said of one id only: PostgreSQL takes a short range for one row, and would go through both ranges.
            period.holds(_answer.served, _verdict.recommendation_id),
        )
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
        # Of the verdicts, which are fewer than the interactions.
        .where(period.holds(_acted.event_timestamp, _verdict.interaction_id))
        .group_by(*dimensions)
    )
