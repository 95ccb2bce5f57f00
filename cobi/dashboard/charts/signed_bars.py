"""Parts of a sum as bars to the left and right of zero; across in per cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cobi.dashboard.wording import signed

MOST_BARS = 6


@dataclass(frozen=True)
class Bar:
    """A part: its words, its value in words, where it begins and how long it is, and whether it adds or takes away."""

    name: str
    told: str
    x: float
    width: float
    tone: str


@dataclass(frozen=True)
class SignedBars:
    """All parts, largest first; what is told apart and the rest add up to the sum."""

    zero: float
    bars: Sequence[Bar]


def scale_of(sums: Sequence[Sequence[float]]) -> tuple[float, float]:
    """From where to where bars of several sums reach, so that they can be compared."""
    parts = [part for parts in sums for part in _shown(parts)] or [1.0]
    return min(0.0, *parts), max(0.0, *parts) or 1e-9


def signed_bars(parts: Sequence[tuple[str, float]], scale: tuple[float, float]) -> SignedBars:
    """The largest parts one by one, the others together."""
    low, high = scale
    shown = _shown([value for _, value in parts])
    names = [name for name, _ in parts[: len(shown)]]
    if len(shown) < len(parts):
        names[-1] = f"{len(parts) - len(shown) + 1} smaller reasons together"

    def across(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    bars = [
        Bar(
            name,
            signed(value),
            across(min(value, 0)),
            max(round(100 * abs(value) / (high - low), 2), 0.4),
            "1" if value >= 0 else "2",
        )
        for name, value in zip(names, shown, strict=True)
    ]
    return SignedBars(across(0), bars)


def _shown(parts: Sequence[float]) -> list[float]:
    if len(parts) <= MOST_BARS:
        return list(parts)
    return [*parts[: MOST_BARS - 1], sum(parts[MOST_BARS - 1 :])]
