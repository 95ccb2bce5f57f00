"""An experiment over time: confidence sequences, and the students of each arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cobi.dashboard.charts.lines import LineChart, Note, Point, Series, line_chart
from cobi.dashboard.charts.sequences import sequence_chart
from cobi.dashboard.experiments.words import AS_LIFTS, SHARES, difference, difference_mark, name_of
from cobi.dashboard.wording import Words, count, day, happening, short, words

LIFT, DIFFERENCE = "lift", "difference"
_TONES = 5


@dataclass(frozen=True)
class Courses:
    """The sequence of one metric, the students, and the arms that nothing was decided about, in words."""

    sequence: LineChart
    students: LineChart
    undecided: Sequence[str]


def courses(told: Mapping[str, Any], told_as: str) -> Courses | None:
    """Of what `GET /v1/experiments/{id}/days` answers; None before the first day."""
    days = [one["day"] for one in told["students"]]
    if not days or not told["comparisons"]:
        return None
    labels, metric = [day(one) for one in days], told["metric"]
    unit = "beside the control, relative" if told_as == LIFT else f"beside the control, {_unit(metric)}"
    sequence = sequence_chart(
        (f"{name_of(metric)} over time", unit),
        labels,
        [
            Series(one["arm"], [_point(each[told_as]) for each in one["days"]], _tone(at))
            for at, one in enumerate(told["comparisons"])
        ],
        AS_LIFTS if told_as == LIFT else Words(partial(difference, metric), partial(difference_mark, metric)),
        [*_decisions(told, days), *_notes(told, days)],
    )
    return Courses(
        sequence,
        _students(told, labels),
        [
            f"{one['arm']}: not decided on any day so far."
            for one in told["comparisons"]
            if one["decided"] is None
        ],
    )


def _students(told: Mapping[str, Any], labels: Sequence[str]) -> LineChart:
    arms = list(told["students"][-1]["arms"])
    series = [
        Series(
            arm, [Point(one["arms"][arm]) for one in told["students"]], "quiet" if at == 0 else _tone(at - 1)
        )
        for at, arm in enumerate(arms)
    ]
    return line_chart("Students", "answered in the experiment so far", labels, series, Words(count, short))


def _decisions(told: Mapping[str, Any], days: Sequence[str]) -> list[Note]:
    return [
        Note(
            days.index(one["decided"]["day"]),
            f"{one['arm']} first decided: {words(one['decided']['finding']).lower()}",
            "decided",
        )
        for one in told["comparisons"]
        if one["decided"] is not None
    ]


def _notes(told: Mapping[str, Any], days: Sequence[str]) -> list[Note]:
    places = {one: at for at, one in enumerate(days)}
    launches = [
        Note(places[one["when"][:10]], happening(one))
        for one in told["happened"]
        if one["when"][:10] in places
    ]
    doubts = [
        Note(places[first], one["what"], "finding")
        for one in told["doubts"]
        if (first := max(one["since"], days[0])) in places
    ]
    return [*launches, *doubts]


def _point(of: Mapping[str, float | None]) -> Point:
    return Point(of["value"], of["low"], of["high"])


def _tone(at: int) -> str:
    return str(at % _TONES + 1)


def _unit(metric: str) -> str:
    return "in points" if metric in SHARES else "per student"
