"""What each day added to the sums of the arms, so that an experiment can be read as of the end of any of its days.

A row is computed of the rows of its day, never patched: what a student had by the end of a day is what the student has
now, less what came on later days. So a day that has changed costs the days from it on, and today costs today.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, literal, select

from cobi.domain.experiments.metrics import BEFORE, COUNTS
from cobi.domain.moments import DAY
from cobi.store.experiments.sums import ArmSums, arm_sums, terms
from cobi.store.experiments.tables import experiment_days, exposure_days, exposures
from cobi.store.inserting import insert_rows
from cobi.store.query import Query

_kept, _days, _exposed = experiment_days.c, exposure_days.c, exposures.c
_NAMES = experiment_days.columns.keys()
_BEFORE = [f"before_{name}" for name in BEFORE]

Added = tuple[int, list[float]]
"""Students whose first answer came on a day, and what the day added to the arm's `terms`."""


def forget_from(connection: Connection, experiment_key: int, day: int) -> None:
    """This day has changed, and with it what the later ones added."""
    connection.execute(
        delete(experiment_days).where(_kept.experiment_key == experiment_key, _kept.day >= day)
    )


def renew(connection: Connection, experiment_key: int, totals: Mapping[int, ArmSums]) -> None:
    """Compute the days that are missing; all of them where those that are kept do not add up to the totals."""
    last = connection.scalar(select(func.max(_kept.day)).where(_kept.experiment_key == experiment_key))
    _compute(connection, experiment_key, 0 if last is None else last + 1)
    if not _adds_up(read(connection, experiment_key), totals):
        forget_from(connection, experiment_key, 0)
        _compute(connection, experiment_key, 0)


def read(connection: Connection, experiment_key: int) -> dict[int, dict[int, Added]]:
    """By day and arm, the earliest day first; days without anything new are left out."""
    query = select(_kept.day, _kept.arm, _kept.students, _kept.added)
    found: dict[int, dict[int, Added]] = {}
    for day, arm, students, added in connection.execute(
        query.where(_kept.experiment_key == experiment_key).order_by(_kept.day, _kept.arm)
    ):
        found.setdefault(day, {})[arm] = (students, msgspec.json.decode(added, type=list[float]))
    return found


def sum_up(one: Added | None, other: Added) -> Added:
    """Both together."""
    if one is None:
        return other
    return one[0] + other[0], [a + b for a, b in zip(one[1], other[1], strict=True)]


def _compute(connection: Connection, experiment_key: int, first: int) -> None:
    found: dict[tuple[int, int], Added] = {}
    for query in (_entered(experiment_key, first), _did(experiment_key, first)):
        for day, arm, students, *added in connection.execute(query):
            place = (day, arm)
            found[place] = sum_up(found.get(place), (students, [float(value) for value in added]))
    rows = [
        (experiment_key, day, arm, students, msgspec.json.encode(added).decode())
        for (day, arm), (students, added) in sorted(found.items())
    ]
    insert_rows(connection, experiment_days, _NAMES, rows)


def _entered(experiment_key: int, first: int) -> Query:
    """Of each day and arm: the students who came, who had done nothing yet."""
    day = (_exposed.exposed // DAY).label("day")

    def came(name: str) -> ColumnElement[Any]:
        return literal(0) if name in COUNTS else _exposed[name]

    return (
        select(day, _exposed.arm, func.count(), *map(func.sum, terms(came)))
        .where(_exposed.experiment_key == experiment_key, _exposed.exposed >= first * DAY)
        .group_by(day, _exposed.arm)
    )


def _did(experiment_key: int, first: int) -> Query:
    """Of each day and arm: by how much what its students did changed the arm's terms."""
    later = {
        name: func.coalesce(
            func.sum(_days[name]).over(
                partition_by=_days.student_key, order_by=_days.day.desc(), rows=(None, -1)
            ),
            0,
        )
        for name in COUNTS
    }
    states = (
        select(
            _days.day,
            _exposed.arm,
            *(_exposed[name] for name in _BEFORE),
            *((_exposed[name]).label(f"now_{name}") for name in COUNTS),
            *(later[name].label(f"later_{name}") for name in COUNTS),
            *(_days[name].label(f"did_{name}") for name in COUNTS),
        )
        .join(
            exposures,
            (_exposed.experiment_key == _days.experiment_key) & (_exposed.student_key == _days.student_key),
        )
        .where(_days.experiment_key == experiment_key, _days.day >= first)
        .subquery()
        .c
    )

    def evening(name: str) -> ColumnElement[Any]:
        return states[f"now_{name}"] - states[f"later_{name}"] if name in COUNTS else states[name]

    def morning(name: str) -> ColumnElement[Any]:
        return evening(name) - states[f"did_{name}"] if name in COUNTS else states[name]

    changes = [func.sum(after - before) for after, before in zip(terms(evening), terms(morning), strict=True)]
    return select(states.day, states.arm, literal(0), *changes).group_by(states.day, states.arm)


def _adds_up(days: Mapping[int, Mapping[int, Added]], totals: Mapping[int, ArmSums]) -> bool:
    found: dict[int, Added] = {}
    for arms in days.values():
        for arm, added in arms.items():
            found[arm] = sum_up(found.get(arm), added)
    return found.keys() == totals.keys() and all(
        students == totals[arm].students and _alike(arm_sums(students, 0, added), totals[arm])
        for arm, (students, added) in found.items()
    )


def _alike(one: ArmSums, other: ArmSums) -> bool:
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)
        for name, sums in one.sums.items()
        for a, b in zip(sums, other.sums[name], strict=True)
    )
