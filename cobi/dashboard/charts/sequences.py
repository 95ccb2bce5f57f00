"""Differences with their confidence sequences over time: lines and bands around zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.charts.lines import LineChart, Mark, Note, Series, line_path, told
from cobi.dashboard.charts.scales import Say, Tick, place, rounded, spread

_ROOM = 1.1
"""How far beyond the ends that decide the scale reaches."""


@dataclass(frozen=True)
class Words:
    """How a difference is told: in the table, and in the little room beside the grid."""

    value: Say
    mark: Say


def sequence_chart(
    names: tuple[str, str],
    labels: Sequence[str],
    series: Sequence[Series],
    say: Words,
    notes: Sequence[Note] = (),
) -> LineChart:
    """A chart of differences by day with zero in it, of a title and a unit; wide first intervals are cut off."""
    scale, marks = rounded(_within(series, _reach(series)))
    title, unit = names
    return LineChart(
        title,
        unit,
        [line_path(one, scale) for one in series],
        spread(labels),
        [Tick(scale.down(mark), say.mark(mark)) for mark in marks],
        [Mark(place(note.at, len(labels)), note.text, note.kind) for note in notes],
        ["Day", *(one.name for one in series)],
        [[label, *(told(one.points[at], say.value) for one in series)] for at, label in enumerate(labels)],
        notes=notes,
        zero=scale.down(0.0),
    )


def _reach(series: Sequence[Series]) -> float:
    """How far from zero is drawn: as far as the intervals of the last two thirds of the time."""
    courses = [[abs(end) for p in one.points for end in (p.low, p.high) if end is not None] for one in series]
    return _ROOM * max((end for course in courses for end in course[len(course) // 3 :]), default=0.0)


def _within(series: Sequence[Series], reach: float) -> list[float]:
    points = [point for one in series for point in one.points]
    values = [value for p in points for value in (p.value, p.low, p.high) if value is not None]
    return [max(-reach, min(reach, value)) for value in values]
