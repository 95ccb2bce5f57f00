"""The figures of the feedback report, counted from rows: answers, impressions, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.moments import DAY, MILLISECOND
from cobi.store.schema import attributions, interactions, recommendations

_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
_served = recommendations.c.served
_day = _served // DAY


@dataclass(frozen=True)
class Period:
    """Moments; `until` exclusive, None = open."""

    since: int | None = None
    until: int | None = None

    def holds(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """The condition that a time lies inside."""
        return and_(
            True,
            *([column >= self.since] if self.since is not None else []),
            *([column < self.until] if self.until is not None else []),
        )


def _answered(period: Period) -> ColumnElement[bool]:
    """The condition that an answer was given inside; ids begin with the time and are the table's order."""
    conditions = [period.holds(_served)]
    if period.since is not None:
        conditions.append(recommendations.c.recommendation_id >= first_id(period.since))
    if period.until is not None:
        conditions.append(recommendations.c.recommendation_id < first_id(period.until + MILLISECOND - 1))
    return and_(*conditions)


Cell = tuple[int, int]
"""(days since 1970 in UTC of the answer, model version)"""


def answers(connection: Connection, period: Period) -> dict[Cell, tuple[int, int]]:
    """Answers and impressions (items shown) by the day of the answer and model version."""
    query = (
        select(_day, recommendations.c.model_version, func.count(), func.sum(recommendations.c.shown))
        .where(_answered(period))
        .group_by(_day, recommendations.c.model_version)
    )
    return {(row[0], row[1]): (row[2], int(row[3])) for row in connection.execute(query)}


def attributed(connection: Connection, period: Period) -> dict[Cell, dict[int, int]]:
    """Attributed interactions by type, by the day of the answer they came of and its model version."""
    query = (
        select(_day, recommendations.c.model_version, interactions.c.interaction_type, func.count())
        .select_from(attributions)
        .join(recommendations, recommendations.c.recommendation_id == attributions.c.recommendation_id)
        .join(interactions, interactions.c.interaction_id == attributions.c.interaction_id)
        .where(attributions.c.outcome.in_(_ATTRIBUTED), _answered(period))
        .group_by(_day, recommendations.c.model_version, interactions.c.interaction_type)
    )
    found: dict[Cell, dict[int, int]] = {}
    for day, version, kind, counted in connection.execute(query):
        found.setdefault((day, version), {})[kind] = counted
    return found


def converted(connection: Connection, period: Period) -> dict[Cell, tuple[int, int]]:
    """Impressions with at least one attributed interaction, and with at least one attributed code reveal."""
    revealed = case((interactions.c.interaction_type == InteractionType.DISCOUNT_CODE.value, 1), else_=0)
    per_impression = (
        select(
            _day.label("day"),
            recommendations.c.model_version.label("version"),
            func.max(revealed).label("revealed"),
        )
        .select_from(attributions)
        .join(recommendations, recommendations.c.recommendation_id == attributions.c.recommendation_id)
        .join(interactions, interactions.c.interaction_id == attributions.c.interaction_id)
        .where(attributions.c.outcome.in_(_ATTRIBUTED), _answered(period))
        .group_by(
            _day, recommendations.c.model_version, attributions.c.recommendation_id, attributions.c.position
        )
        .subquery()
    )
    columns = per_impression.c
    query = select(columns.day, columns.version, func.count(), func.sum(columns.revealed)).group_by(
        columns.day, columns.version
    )
    return {(row[0], row[1]): (row[2], int(row[3])) for row in connection.execute(query)}


def outcomes(connection: Connection, period: Period) -> dict[int, int]:
    """How many COBI interactions were classified as what, by the time of the interaction."""
    query = (
        select(attributions.c.outcome, func.count())
        .join(interactions, interactions.c.interaction_id == attributions.c.interaction_id)
        .where(period.holds(interactions.c.event_timestamp))
        .group_by(attributions.c.outcome)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
