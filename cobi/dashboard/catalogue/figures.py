"""Figures of items in the words and the geometry of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.charts.scales import Scale, rounded
from cobi.dashboard.wording import NOTHING, count, interval, percent

RATES = (("click_through_rate", "Click-through"), ("code_reveal_rate", "Reveal rate"))


@dataclass(frozen=True)
class Drawn:
    """A rate and its interval on the scale of its column, across in per cent."""

    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """A figure, its interval in small words, and the two drawn, where there are any."""

    text: str
    note: str = ""
    drawn: Drawn | None = None


def scales(told: Sequence[Mapping[str, Any]]) -> dict[str, Scale]:
    """Of each rate a scale that holds all that are known well enough to be drawn whole."""
    found: dict[str, Scale] = {}
    for name, _ in RATES:
        known = [one[name] for one in told if one[name]["value"] is not None]
        ends = [min(rate["high"], 1.5 * max(one["value"] for one in known) or 1.0) for rate in known]
        found[name] = rounded([0.0, *ends], 2)[0] if ends else Scale(0.0, 1.0)
    return found


def cells(told: Mapping[str, Any], on: Mapping[str, Scale]) -> list[Cell]:
    """The figures of an item in the order of the columns."""
    return [
        Cell(count(told["impressions"])),
        *(_rate(told[name], on[name]) for name, _ in RATES),
        Cell(count(told["interactions"])),
        Cell(count(told["code_reveals"])),
    ]


def _rate(told: Mapping[str, Any], scale: Scale) -> Cell:
    if told["value"] is None:
        return Cell(NOTHING)
    drawn = Drawn(*(scale.across(told[end]) for end in ("value", "low", "high")))
    return Cell(percent(told["value"], 1), interval(told), drawn)
