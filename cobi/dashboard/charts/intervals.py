"""Figures with their intervals side by side on one scale: a dot and its whiskers in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.charts.scales import Scale, Tick, rounded
from cobi.dashboard.wording import Say, Words


@dataclass(frozen=True)
class Measured:
    """A figure and the ends of its interval; None where there is none."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    tone: str = "1"
    href: str | None = None


@dataclass(frozen=True)
class Whisker:
    """A drawn row; across in per cent. `told` is the same in words, `cut` are ends that lie further out."""

    name: str
    told: str
    at: float | None
    low: float | None
    high: float | None
    tone: str
    href: str | None
    cut: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class IntervalChart:
    """A whole chart; `zero` is where nothing lies, where that is inside."""

    title: str
    unit: str
    rows: Sequence[Whisker]
    ticks: Sequence[Tick]
    zero: float | None


def interval_chart(
    title: str,
    unit: str,
    rows: Sequence[Measured],
    say: Words,
    reach: float | None = None,
) -> IntervalChart:
    """A chart of measured figures on one scale that holds zero.

    What lies further from zero than `reach` is cut off, so that one wide interval does not press the others flat.
    """
    values = [value for row in rows for value in (row.value, row.low, row.high) if value is not None]
    if reach is not None:
        values = [max(-reach, min(reach, value)) for value in values]
    scale, ticks = rounded(values, 3)
    inside = scale.least <= 0 <= scale.most
    # Zero keeps its label where every second one is left out.
    first = min(range(len(ticks)), key=lambda number: abs(ticks[number]))
    return IntervalChart(
        title,
        unit,
        [_row(row, scale, say.value) for row in rows],
        [
            Tick(scale.across(at), say.mark(at), minor=(number - first) % 2 == 1)
            for number, at in enumerate(ticks)
        ],
        scale.across(0.0) if inside else None,
    )


def _row(row: Measured, scale: Scale, say: Say) -> Whisker:
    if row.value is None:
        return Whisker(row.name, "–", None, None, None, row.tone, row.href)
    if row.low is None or row.high is None:
        return Whisker(row.name, say(row.value), scale.across(row.value), None, None, row.tone, row.href)
    told = f"{say(row.value)} ({say(row.low)} to {say(row.high)})"
    ends = scale.across(row.low), scale.across(row.high)
    cut = row.low < scale.least, row.high > scale.most
    return Whisker(row.name, told, scale.across(row.value), *ends, row.tone, row.href, cut)
