"""From values to places, and where the lines of the grid lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, FOOT = 176.0, 22.0
"""Pixels of a chart's field, and of the line of labels below it."""

_NOTHING = 1e-200
"""Less than this is no height: the steps of a scale as small have no logarithm."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Tick:
    """A labelled place; across in per cent, down in pixels. A minor one is left out where room is short."""

    at: float
    label: str
    minor: bool = False


@dataclass(frozen=True)
class Scale:
    """A linear scale of values from `least` to `most`."""

    least: float
    most: float

    def share(self, value: float) -> float:
        """How far along a value lies, from 0 to 1."""
        width = self.most - self.least
        return 0.5 if width == 0 else min(1.0, max(0.0, (value - self.least) / width))

    def across(self, value: float) -> float:
        """Per cent from the left."""
        return round(100 * self.share(value), 3)

    def down(self, value: float, height: float = HEIGHT) -> float:
        """Pixels from the top."""
        return round(height * (1 - self.share(value)), 2)


def rounded(values: Sequence[float], lines: int = 4, *, from_zero: bool = True) -> tuple[Scale, list[float]]:
    """A scale over these values that ends on round numbers, and about so many of these to draw lines at."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(0.0, low) if from_zero else low
    if high - low < _NOTHING:
        high = low + 1.0
    step = _step((high - low) / lines)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = [step * number for number in range(first, last + 1)]
    return Scale(marks[0], marks[-1]), marks


def _step(raw: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next(magnitude * one for one in _STEPS if magnitude * one >= raw * (1 - 1e-9))


def spread(labels: Sequence[str], most: int = 7, *, centred: bool = False) -> list[Tick]:
    """Some of the labels of equally spaced places, the first and the last always; every second one is minor.

    `centred` places stand for the middles of as many columns.
    """
    if not labels:
        return []
    gap = max(1, math.ceil((len(labels) - 1) / (most - 1)))
    chosen = list(range(0, len(labels), gap))
    return [
        Tick(place(at, len(labels), centred=centred), labels[at], minor=number % 2 == 1)
        for number, at in enumerate(chosen)
    ]


def place(at: int, of: int, *, centred: bool = False) -> float:
    """Per cent from the left of the place of that number."""
    if centred:
        return round(100 * (at + 0.5) / of, 3)
    return 50.0 if of == 1 else round(100 * at / (of - 1), 3)
