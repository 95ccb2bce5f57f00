"""All that a reading needs of the students of an experiment, added up by arm in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, case, cast, func, literal, select

from cobi.domain.experiments.metrics import METRICS, Metric
from cobi.domain.moments import DAY
from cobi.store.experiments.tables import exposures

_exposed = exposures.c

State = Callable[[str], ColumnElement[Any]]
"""A student's counts at some time, by the names of the columns of `exposures`."""


@dataclass(frozen=True)
class ArmSums:
    """Of one arm: students, student-days, and of each metric Σ of its columns and Σ of their products."""

    students: int
    student_days: int
    sums: dict[str, list[float]]
    products: dict[str, list[list[float]]]


def of_arms(connection: Connection, experiment_key: int, until: int) -> dict[int, ArmSums]:
    """The sums of each arm that anybody was answered in; student-days are counted up to `until`."""
    days = func.sum((literal(until) - _exposed.exposed) // DAY + 1)
    query = (
        select(_exposed.arm, func.count(), days, *map(func.sum, terms(_exposed.__getitem__)))
        .where(_exposed.experiment_key == experiment_key)
        .group_by(_exposed.arm)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    return {row[0]: arm_sums(row[1], int(row[2]), list(map(float, row[3:]))) for row in rows}


def terms(state: State) -> list[ColumnElement[Any]]:
    """What is added up of a student whose counts are `state`: of each metric its columns and their products."""
    found: list[ColumnElement[Any]] = []
    for metric in METRICS.values():
        columns = _columns(metric, state)
        found += [*columns, *(one * other for one, other in combinations_with_replacement(columns, 2))]
    return found


def arm_sums(students: int, days: int, added: Sequence[float]) -> ArmSums:
    """An arm of what its students' `terms` add up to."""
    sums: dict[str, list[float]] = {}
    products: dict[str, list[list[float]]] = {}
    left = list(added)
    for metric in METRICS.values():
        width = 2 if metric.covariate is None else 3
        sums[metric.name], left = left[:width], left[width:]
        table = [[0.0] * width for _ in range(width)]
        pairs = list(combinations_with_replacement(range(width), 2))
        for (one, other), value in zip(pairs, left, strict=False):
            table[one][other] = table[other][one] = value
        products[metric.name], left = table, left[len(pairs) :]
    return ArmSums(students, days, sums, products)


def _columns(metric: Metric, state: State) -> list[ColumnElement[Any]]:
    """Outcome, denominator, and the covariate where there is one."""
    outcome = state(metric.outcome)
    if metric.whether:
        outcome = case((outcome > 0, 1), else_=0)
    per: ColumnElement[Any] = literal(1) if metric.per is None else state(metric.per)
    columns: list[ColumnElement[Any]] = [outcome, per]
    if metric.covariate is not None:
        columns.append(func.coalesce(state(f"before_{metric.covariate}"), 0))
    # Squares of sums of money do not fit whole numbers.
    return [cast(column, Float(53)) for column in columns]
