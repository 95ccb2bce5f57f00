"""One metric of an experiment as of the end of each of its days, and what else happened meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cobi.actions.doctor.marks import marked
from cobi.actions.experiments.declare import find
from cobi.actions.experiments.results import reading_of, told
from cobi.actions.reporting.happenings import LAUNCHES, happened
from cobi.analytics.experiments.readings import Finding
from cobi.domain.experiments.experiment import Experiment
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.identifiers import format_id
from cobi.domain.moments import DAY, format_day, parse_moment
from cobi.store.database import Connection
from cobi.store.experiments import daily, plans
from cobi.store.experiments.daily import Added
from cobi.store.experiments.sums import ArmSums, arm_sums
from cobi.store.rollups.period import Period

DECIDED = (Finding.BETTER, Finding.WORSE, Finding.NO_DIFFERENCE)
"""The findings upon which one may stop."""


def days_of(connection: Connection, experiment_id: bytes, metric: str | None) -> dict[str, Any]:
    """The document of `GET /v1/experiments/{id}/days`; without a metric, the main one.

    A day's figures are those that the experiment would have told at its end, had everything known by now been known
    then; the last day's are those of the experiment itself.
    """
    experiment = find(connection, experiment_id)
    plan, name = experiment.plan, metric or experiment.plan.main
    results = plans.results(connection, experiment.key)
    evenings = [] if results is None else _evenings(connection, experiment, results)
    return {
        "experiment_id": format_id(experiment_id),
        "metric": name,
        "meaning": METRICS[name].meaning,
        "counted_until": None if results is None else results["counted_until"],
        "students": [
            {
                "day": format_day(one.day),
                "arms": {
                    arm.name: one.arms[at].students if at in one.arms else 0
                    for at, arm in enumerate(plan.arms)
                },
            }
            for one in evenings
        ],
        "comparisons": [
            _course(experiment, at, name, evenings, results)
            for at in range(1, len(plan.arms))
            if evenings and results is not None
        ],
        "happened": _happened(connection, experiment),
        "doubts": [] if not evenings else _doubts(connection, evenings),
    }


@dataclass(frozen=True)
class _Evening:
    """The arms as they stood at the end of a day."""

    day: int
    arms: Mapping[int, ArmSums]


def _evenings(connection: Connection, experiment: Experiment, results: Mapping[str, Any]) -> list[_Evening]:
    added = daily.read(connection, experiment.key)
    counted = experiment.stopped or parse_moment(results["counted_until"]) or 0
    sums: dict[int, Added] = {}
    student_days: dict[int, int] = {}
    found: list[_Evening] = []
    for day in range(min(added, default=1), counted // DAY + 1) if added else ():
        for arm, more in added.get(day, {}).items():
            sums[arm] = daily.sum_up(sums.get(arm), more)
        for arm, (students, _) in sums.items():
            student_days[arm] = student_days.get(arm, 0) + students
        arms = {arm: arm_sums(one[0], student_days[arm], one[1]) for arm, one in sums.items()}
        found.append(_Evening(day, arms))
    return found


def _course(
    experiment: Experiment, at: int, metric: str, evenings: list[_Evening], results: Mapping[str, Any]
) -> dict[str, Any]:
    days = [_day(experiment, at, metric, one) for one in evenings]
    arm = experiment.plan.arms[at].name
    for compared in results["comparisons"]:
        if compared["arm"] == arm:
            last = next(one for one in compared["metrics"] if one["metric"] == metric)
            days[-1] |= {name: last[name] for name in days[-1] if name in last}
    decided = next((one for one in days if one["finding"] in DECIDED), None)
    return {
        "arm": arm,
        "control": experiment.plan.arms[0].name,
        "decided": None if decided is None else {"day": decided["day"], "finding": decided["finding"]},
        "days": days,
    }


def _day(experiment: Experiment, at: int, metric: str, evening: _Evening) -> dict[str, Any]:
    if 0 not in evening.arms or at not in evening.arms:
        figures = dict.fromkeys(("treated", "control"), None)
        nothing = dict.fromkeys(("value", "low", "high"), None)
        empty = {"difference": nothing, "lift": nothing, "p_value": 1.0}
        return {"day": format_day(evening.day), "finding": Finding.TOO_EARLY.value, **figures, **empty}
    figures = told(metric, reading_of(experiment.plan, metric, evening.arms[0], evening.arms[at]))
    names = ("finding", "treated", "control", "difference", "lift", "p_value")
    return {"day": format_day(evening.day), **{name: figures[name] for name in names}}


def _happened(connection: Connection, experiment: Experiment) -> list[dict[str, Any]]:
    """What changed who is shown what while it ran, its own start and end left out; the earliest first."""
    if experiment.started is None:
        return []
    found = [
        one
        for one in happened(connection, experiment.started)
        if one.what in LAUNCHES
        and (experiment.stopped is None or one.moment <= experiment.stopped)
        and not (one.what.startswith("experiment_") and one.name == experiment.plan.name)
    ]
    return [one.as_json() for one in sorted(found, key=lambda one: one.moment)]


def _doubts(connection: Connection, evenings: list[_Evening]) -> list[dict[str, Any]]:
    return marked(connection, Period(evenings[0].day * DAY, (evenings[-1].day + 1) * DAY))
