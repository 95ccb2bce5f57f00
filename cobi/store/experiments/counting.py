"""Counting what the students of experiments did, day by day.

A day is counted anew as a whole when any of its rows has changed: its old counts are taken back from the sums of the
students, and the new ones added. So the sums are exact up to the moment of counting, whatever came late, was mended or
stitched, and a reading needs only one row for each student.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    update,
)

from cobi.domain.experiments.experiment import Experiment
from cobi.domain.experiments.metrics import BEFORE, COUNTS, DAYS_BEFORE, RETURNED_AFTER_DAYS
from cobi.domain.identifiers import first_id
from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.moments import DAY
from cobi.store import histories
from cobi.store.dialect import run
from cobi.store.experiments import daily
from cobi.store.experiments.tables import exposure_days, exposures
from cobi.store.inserting import insert_rows
from cobi.store.query import Query
from cobi.store.rollups.tables import counted_days
from cobi.store.schema import ENTITIES, attributions, interactions, recommendations

_AT_ONCE = 500
_ATTRIBUTED = [outcome.value for outcome in Outcome if outcome.attributed]
_exposed, _acted, _answer = exposures.c, interactions.c, recommendations.c
_noted = counted_days.c
_bought = ENTITIES["transactions"].c
_bought_at = func.coalesce(_bought.created, _bought.uploaded)
_MOST = 10**13
"""Of a single sum of money, in thousandths."""


def expose(connection: Connection, students: Iterable[tuple[int, int, int, int]]) -> None:
    """Note first answers, each given as (experiment, student, arm, moment); who was answered before is left."""
    statement = (
        "INSERT INTO exposures (experiment_key, student_key, arm, exposed) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING"
    )
    for one in students:
        run(connection, statement, one)


def stale(connection: Connection) -> list[int]:
    """The days of which rows have changed since they were counted."""
    query = select(_noted.day).where(_noted.changes > _noted.gathered)
    return list(connection.scalars(query.order_by(_noted.day)))


def forget_before(connection: Connection, day: int) -> None:
    """Nothing that began later needs what changed on earlier days."""
    _see(connection, (_noted.day < day) & (_noted.changes > _noted.gathered))


def count_day(connection: Connection, begun: Collection[Experiment], day: int) -> list[int]:
    """Count a day anew for all experiments that saw it; answers their keys."""
    counted: list[int] = []
    for experiment in begun:
        first = (experiment.started or 0) // DAY
        last = day if experiment.stopped is None else experiment.stopped // DAY
        if first <= day <= last:
            _count(connection, experiment, day)
            daily.forget_from(connection, experiment.key, day)
            counted.append(experiment.key)
    _see(connection, _noted.day == day)
    return counted


def look_back(connection: Connection, experiment: Experiment) -> None:
    """Look up what students did in the weeks before their first answer."""
    missing = _exposed[f"before_{BEFORE[0]}"].is_(None) & (_exposed.experiment_key == experiment.key)
    query = select(_exposed.student_key, _exposed.exposed).where(missing).limit(_AT_ONCE)
    while rows := connection.execute(query).all():
        found = {row[0]: [0] * len(BEFORE) for row in rows}
        for student, *counts in _before(connection, {row[0]: row[1] for row in rows}):
            found[student] = [known + more for known, more in zip(found[student], counts, strict=True)]
        connection.execute(
            update(exposures)
            .where(_exposed.experiment_key == experiment.key, _exposed.student_key == bindparam("of_student"))
            .values({f"before_{name}": bindparam(f"new_{name}") for name in BEFORE}),
            [
                {"of_student": student, **{f"new_{name}": n for name, n in zip(BEFORE, counts, strict=True)}}
                for student, counts in found.items()
            ],
        )


def of_student(connection: Connection, student_key: int) -> list[tuple[int, int, int]]:
    """(experiment, arm, moment of the first answer) of a student."""
    query = select(_exposed.experiment_key, _exposed.arm, _exposed.exposed)
    found = connection.execute(query.where(_exposed.student_key == student_key))
    return [(row[0], row[1], row[2]) for row in found]


def _see(connection: Connection, days: ColumnElement[bool]) -> None:
    connection.execute(update(counted_days).where(days).values(gathered=_noted.changes))


def _count(connection: Connection, experiment: Experiment, day: int) -> None:
    _add_to_sums(connection, experiment, day, -1)
    theirs = (exposure_days.c.experiment_key == experiment.key) & (exposure_days.c.day == day)
    connection.execute(delete(exposure_days).where(theirs))
    found: dict[int, np.ndarray[Any, Any]] = {}
    for query, names in _sources(experiment, day):
        places = [COUNTS.index(name) for name in names]
        for student, *counts in connection.execute(query):
            row = found.setdefault(student, np.zeros(len(COUNTS), np.int64))
            row[places] += np.array([int(count) for count in counts], np.int64)
    active = COUNTS.index("active_days")
    for row in found.values():
        row[active] = int(row[COUNTS.index("interactions")] + row[COUNTS.index("purchases")] > 0)
    rows = [(experiment.key, day, student, *row.tolist()) for student, row in sorted(found.items())]
    insert_rows(connection, exposure_days, exposure_days.columns.keys(), rows)
    _add_to_sums(connection, experiment, day, 1)


def _add_to_sums(connection: Connection, experiment: Experiment, day: int, sign: int) -> None:
    days = exposure_days.c
    changes = {name: _exposed[name] + sign * days[name] for name in COUNTS}
    connection.execute(
        update(exposures)
        .where(
            _exposed.experiment_key == experiment.key,
            days.experiment_key == experiment.key,
            days.day == day,
            days.student_key == _exposed.student_key,
        )
        .values(changes)
    )


def _sources(experiment: Experiment, day: int) -> Iterable[tuple[Query, tuple[str, ...]]]:
    """What is counted of a day: each query gives a student and the counts named."""
    begin, end = day * DAY, (day + 1) * DAY
    if experiment.stopped is not None:
        end = min(end, experiment.stopped)
    theirs = _exposed.experiment_key == experiment.key
    seen = first_id(begin), first_id(end + 999)
    moment = _acted.event_timestamp
    yield (
        select(_acted.student_key, func.count(), _reveals(), _returned(moment))
        .join(exposures, and_(theirs, _exposed.student_key == _acted.student_key))
        .where(_acted.interaction_id >= seen[0], _acted.interaction_id < seen[1])
        .where(moment >= begin, moment < end, moment >= _exposed.exposed)
        .group_by(_acted.student_key),
        ("interactions", "code_reveals", "returned"),
    )
    yield (
        select(_bought.student_key, func.count(), *_money(), _returned(_bought_at))
        .join(exposures, and_(theirs, _exposed.student_key == _bought.student_key))
        .where(_bought_between(begin, end), _bought_at >= _exposed.exposed)
        .where(_bought.is_deleted.is_not(True))
        .group_by(_bought.student_key),
        ("purchases", "amount", "savings", "returned"),
    )
    answered = (
        _answer.recommendation_id >= seen[0],
        _answer.recommendation_id < seen[1],
        _answer.served >= begin,
        _answer.served < end,
        _answer.served >= _exposed.exposed,
    )
    joined = and_(theirs, _exposed.student_key == _answer.student_key)
    yield (
        select(_answer.student_key, func.sum(_answer.shown))
        .join(exposures, joined)
        .where(*answered)
        .group_by(_answer.student_key),
        ("shown",),
    )
    impressions = (
        select(_answer.student_key, attributions.c.recommendation_id, attributions.c.position)
        .select_from(recommendations)
        .join(exposures, joined)
        .join(attributions, attributions.c.recommendation_id == _answer.recommendation_id)
        .where(*answered, attributions.c.outcome.in_(_ATTRIBUTED))
        .distinct()
        .subquery()
    )
    yield (
        select(impressions.c.student_key, func.count()).group_by(impressions.c.student_key),
        ("clicked",),
    )


def _before(connection: Connection, first: dict[int, int]) -> Iterable[Any]:
    """(student, counts in the order of BEFORE) of the weeks before each student's moment."""
    nothing = [literal(0)] * 3
    since = DAYS_BEFORE * DAY
    of_each = case(first, value=_acted.student_key)
    acted = (
        select(_acted.student_key, func.count(), _reveals(), *nothing)
        .where(histories.of_students(connection, list(first)), _acted.student_key.in_(list(first)))
        .where(_acted.event_timestamp < of_each, _acted.event_timestamp >= of_each - since)
        .group_by(_acted.student_key)
    )
    yield from connection.execute(acted)
    of_each = case(first, value=_bought.student_key)
    bought = (
        select(_bought.student_key, literal(0), literal(0), func.count(), *_money())
        .where(_bought.student_key.in_(list(first)), _bought.is_deleted.is_not(True))
        .where(_bought_at < of_each, _bought_at >= of_each - since)
        .group_by(_bought.student_key)
    )
    for row in connection.execute(bought):
        yield [int(value) for value in row]


def _bought_between(begin: int, end: int) -> ColumnElement[bool]:
    """As the index has it."""
    named = (_bought.created >= begin) & (_bought.created < end)
    return named | (_bought.created.is_(None) & (_bought.uploaded >= begin) & (_bought.uploaded < end))


def _reveals() -> ColumnElement[Any]:
    revealed = _acted.interaction_type == InteractionType.DISCOUNT_CODE.value
    return func.sum(case((revealed, 1), else_=0))


def _returned(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    later = moment >= _exposed.exposed + RETURNED_AFTER_DAYS * DAY
    return func.sum(case((later, 1), else_=0))


def _money() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    amount, savings = (
        func.sum(
            cast(func.round(case((column > _MOST / 1000, _MOST / 1000), else_=column) * 1000), BigInteger)
        )
        for column in (_bought.amount, _bought.savings)
    )
    return amount, savings
