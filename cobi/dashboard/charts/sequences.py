"""Differences with their confidence sequences over time: lines and bands around zero."""

from __future__ import annotations

from collections.abc import Sequence

from cobi.dashboard.charts.lines import LineChart, Note, Series, drawn_on, values_of
from cobi.dashboard.charts.scales import rounded
from cobi.dashboard.wording import Words

_ROOM = 1.1
"""How far beyond the ends that decide the scale reaches."""


def sequence_chart(
    names: tuple[str, str],
    labels: Sequence[str],
    series: Sequence[Series],
    say: Words,
    notes: Sequence[Note] = (),
) -> LineChart:
    """A chart of differences by day with zero in it, of a title and a unit; wide first intervals are cut off."""
    reach = _reach(series)
    within = [max(-reach, min(reach, value)) for value in values_of(series)]
    return drawn_on(rounded(within), names, labels, series, say, notes)


def _reach(series: Sequence[Series]) -> float:
    """How far from zero is drawn: as far as the intervals of the last two thirds of the time."""
    courses = [[abs(end) for p in one.points for end in (p.low, p.high) if end is not None] for one in series]
    return _ROOM * max((end for course in courses for end in course[len(course) // 3 :]), default=0.0)
