"""What the checks of the loop look up among single rows: samples, and what counts by day do not show."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from cobi.domain.identifiers import first_id
from cobi.domain.interaction import Outcome
from cobi.domain.moments import SECOND
from cobi.store.schema import attributions, interactions

_HOUR = 3600 * SECOND
_acted, _verdict = interactions.c, attributions.c


def samples(
    connection: Connection, outcomes: Collection[int], since: int, platform: int | None, most: int
) -> list[bytes]:
    """The ids of some late interactions with these outcomes, of one platform (0 none) or all."""
    query = (
        select(_verdict.interaction_id)
        .where(_verdict.outcome.in_(outcomes), _verdict.interaction_id >= first_id(since))
        .order_by(_verdict.interaction_id.desc())
    )
    if platform is not None:
        own = _acted.platform == platform if platform else _acted.platform.is_(None)
        query = query.join(interactions, _acted.interaction_id == _verdict.interaction_id).where(own)
    return list(connection.scalars(query.limit(most)))


def shared_answers(connection: Connection, since: int, most: int) -> list[tuple[bytes, int]]:
    """The answers that most other students claimed, each with how many did."""
    students = func.count(_acted.student_key.distinct())
    query = (
        select(_acted.recommendation_id, students)
        .join(attributions, _verdict.interaction_id == _acted.interaction_id)
        .where(_verdict.outcome == Outcome.OTHER_STUDENT.value, _verdict.interaction_id >= first_id(since))
        .where(_acted.recommendation_id.is_not(None))
        .group_by(_acted.recommendation_id)
        .order_by(students.desc(), _acted.recommendation_id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in connection.execute(query) if row[0] is not None]


def bursts(connection: Connection, since: int, until: int, more_than: int) -> list[tuple[int, int, int]]:
    """(student's key or a pseudonym's negative one, hour since 1970, interactions) where an hour held so many."""
    owner = func.coalesce(_acted.student_key, -_acted.visitor_key)
    hour = (_acted.event_timestamp // _HOUR).label("hour")
    query = (
        select(owner.label("owner"), hour, func.count())
        .where(_between(since, until), owner.is_not(None))
        .group_by(owner, hour)
        .having(func.count() > more_than)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def ahead(connection: Connection, since: int, until: int, by: int) -> dict[int, tuple[int, int]]:
    """By platform (0 none): interactions received before they can have happened by more than `by`, and all."""
    platform: ColumnElement[Any] = func.coalesce(_acted.platform, 0)
    early = func.sum(case((_acted.event_timestamp > _acted.received + by, 1), else_=0))
    query = select(platform, early, func.count()).where(_between(since, until)).group_by(platform)
    return {row[0]: (int(row[1]), row[2]) for row in connection.execute(query)}


def _between(since: int, until: int) -> ColumnElement[bool]:
    return and_(_acted.interaction_id >= first_id(since), _acted.interaction_id < first_id(until))
