"""Values over time as lines, each with its interval as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from cobi.dashboard.charts.scales import HEIGHT, Scale, Tick, place, rounded, spread
from cobi.dashboard.wording import Say, Words

_WIDE = 1000
"""Units across the stretched field that paths are drawn in."""


@dataclass(frozen=True)
class Point:
    """A value and the ends of its interval; None where there is nothing to show."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """What one line shows; `tone` names one of the series' colours in the styles."""

    name: str
    points: Sequence[Point]
    tone: str = "1"


@dataclass(frozen=True)
class Note:
    """Something that happened at one of the places: a launch, a finding."""

    at: int
    text: str
    kind: str = "launch"


@dataclass(frozen=True)
class Line:
    """A drawn series: paths of the line and of the band, and the points that stand alone."""

    name: str
    tone: str
    path: str
    band: str
    dots: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Mark:
    """A drawn note."""

    at: float
    text: str
    kind: str


@dataclass(frozen=True)
class LineChart:
    """A whole chart; `table` says the same in words, a row for each place."""

    title: str
    unit: str
    lines: Sequence[Line]
    across: Sequence[Tick]
    down: Sequence[Tick]
    marks: Sequence[Mark]
    head: Sequence[str]
    table: Sequence[Sequence[str]]
    height: float = HEIGHT
    wide: int = _WIDE
    notes: Sequence[Note] = field(default=())
    zero: float | None = None
    """Where zero lies, in pixels from the top, where it is more than the foot of the chart."""

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Each line's name and tone, for the legend."""
        return [(line.name, line.tone) for line in self.lines]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(line.path or line.dots for line in self.lines)


def point_of(rate: Mapping[str, Any] | None) -> Point:
    """A rate as the API tells it, with its interval; nothing where it is of nothing."""
    if rate is None or rate["value"] is None:
        return Point(None)
    return Point(rate["value"], rate["low"], rate["high"])


def line_chart(
    title: str,
    unit: str,
    labels: Sequence[str],
    series: Sequence[Series],
    say: Words,
    notes: Sequence[Note] = (),
) -> LineChart:
    """A chart of series over the same labelled days."""
    scaled = rounded(_without_wild_ends(values_of(series), series))
    return drawn_on(scaled, (title, unit), labels, series, say, notes)


def drawn_on(
    scaled: tuple[Scale, Sequence[float]],
    names: tuple[str, str],
    labels: Sequence[str],
    series: Sequence[Series],
    say: Words,
    notes: Sequence[Note],
) -> LineChart:
    """A chart of a title and a unit on a scale with its marks; zero is drawn where it is not the scale's foot."""
    scale, marks = scaled
    return LineChart(
        *names,
        [line_path(one, scale) for one in series],
        spread(labels),
        [Tick(scale.down(mark), say.mark(mark)) for mark in marks],
        [Mark(place(note.at, len(labels)), note.text, note.kind) for note in notes],
        ["Day", *(one.name for one in series)],
        [[label, *(_told(one.points[at], say.value) for one in series)] for at, label in enumerate(labels)],
        notes=notes,
        zero=scale.down(0.0) if scale.least < 0 else None,
    )


def values_of(series: Sequence[Series]) -> list[float]:
    """Everything that is to have a place on the scale."""
    points = [point for one in series for point in one.points]
    return [value for p in points for value in (p.value, p.low, p.high) if value is not None]


def _without_wild_ends(values: Sequence[float], series: Sequence[Series]) -> Sequence[float]:
    """The values to scale by: an interval far wider than all values would press them flat, so it is cut off."""
    middle = [p.value for one in series for p in one.points if p.value is not None]
    if not middle:
        return values
    ceiling = max(middle) * 2.5
    return [min(value, ceiling) if value > 0 else value for value in values]


def _told(point: Point, say: Say) -> str:
    """A point in words, with the ends of its interval."""
    if point.value is None:
        return "–"
    if point.low is None or point.high is None:
        return say(point.value)
    return f"{say(point.value)} ({say(point.low)} to {say(point.high)})"


def line_path(series: Series, scale: Scale, height: float = HEIGHT) -> Line:
    """The drawn series; it is broken where there is nothing to show."""
    of = len(series.points)
    path: list[str] = []
    band: list[str] = []
    dots: list[tuple[float, float]] = []
    for there, run in groupby(range(of), key=lambda at: series.points[at].value is not None):
        stretch = list(run)
        if not there:
            continue
        spots = [(place(at, of), scale.down(series.points[at].value or 0.0, height)) for at in stretch]
        if len(stretch) == 1:
            dots.append(spots[0])
        path.append("M" + "L".join(f"{_wide(x)} {y}" for x, y in spots))
        band.append(_band([(place(at, of), series.points[at]) for at in stretch], scale, height))
    return Line(series.name, series.tone, "".join(path), "".join(band), dots)


def _band(points: Sequence[tuple[float, Point]], scale: Scale, height: float) -> str:
    if any(point.low is None or point.high is None for _, point in points) or len(points) == 1:
        return ""
    above = [f"{_wide(x)} {scale.down(point.high or 0.0, height)}" for x, point in points]
    below = [f"{_wide(x)} {scale.down(point.low or 0.0, height)}" for x, point in reversed(points)]
    return f"M{'L'.join([*above, *below])}Z"


def _wide(per_cent: float) -> float:
    return round(per_cent * _WIDE / 100, 1)
