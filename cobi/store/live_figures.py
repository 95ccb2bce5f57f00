"""What came of answers, student by student: what the guardrail compares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.moments import DAY
from cobi.store.schema import attributions, interactions, recommendations

_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
_served, _student, _arm = recommendations.c.served, recommendations.c.student_key, recommendations.c.arm


@dataclass(frozen=True)
class Whose:
    """Which answers: those of a version but for some arms, or those of some arms whatever the version."""

    arms: Collection[str]
    version: int | None = None


def by_student(
    connection: Connection, whose: Whose, since: int, until: int, within: int
) -> NDArray[np.int64]:
    """Of each student: reveals, impressions, days with an answer; shape (students, 3).

    Of the answers served from `since` and before `until`. A reveal counts when it came within so many microseconds:
    younger answers have had no more time.
    """
    chosen = and_(_student.is_not(None), _served >= since, _served < until, _of(whose))
    shown = (
        select(_student, func.sum(recommendations.c.shown), func.count(func.distinct(_served // DAY)))
        .where(chosen)
        .group_by(_student)
    )
    revealed = (
        select(_student, attributions.c.recommendation_id, attributions.c.position)
        .select_from(recommendations)
        .join(attributions, attributions.c.recommendation_id == recommendations.c.recommendation_id)
        .join(interactions, interactions.c.interaction_id == attributions.c.interaction_id)
        .where(
            chosen,
            attributions.c.outcome.in_(_ATTRIBUTED),
            interactions.c.interaction_type == InteractionType.DISCOUNT_CODE.value,
            interactions.c.event_timestamp < _served + within,
        )
        .distinct()
        .subquery()
    )
    counted = select(revealed.c.student_key, func.count()).group_by(revealed.c.student_key)
    reveals = {row[0]: row[1] for row in connection.execute(counted)}
    rows = [(reveals.get(row[0], 0), int(row[1]), row[2]) for row in connection.execute(shown)]
    return np.array(rows, np.int64).reshape(-1, 3)


def _of(whose: Whose) -> ColumnElement[bool]:
    if whose.version is None:
        return _arm.in_(sorted(whose.arms))
    other = or_(_arm.is_(None), _arm.not_in(sorted(whose.arms)))
    return and_(recommendations.c.model_version == whose.version, other)
