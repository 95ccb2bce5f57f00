"""A course of values in the room of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.charts.lines import Point, Series, line_path
from cobi.dashboard.charts.scales import rounded

HEIGHT = 36.0


@dataclass(frozen=True)
class Spark:
    """A drawn course; `told` says in words what it shows."""

    path: str
    band: str
    told: str
    height: float = HEIGHT


def spark(told: str, points: Sequence[Point]) -> Spark:
    """A course of values with their intervals."""
    values = [point.value for point in points if point.value is not None]
    scale, _ = rounded(values, 1)
    drawn = line_path(Series("", points), scale, HEIGHT)
    return Spark(drawn.path, drawn.band, told)
