"""The ways to learn on a model's card: in which order they are told, and their figures with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Any]
SPARED = {
    "repeated": "nothing that a history or an offer says counts twice",
    "pairs": "what is touched together need not be counted",
    "order": "what follows what need not be counted",
    "little": "each of the others brings something by itself",
}


def by_worth(figures: Figures, weights: Mapping[str, float]) -> list[str]:
    """The ways, the one that brings most first; those in use before the others, of which the better alone."""
    alone, brings = figures.get("alone", {}), figures.get("brings", {})
    return sorted(
        alone.keys() | weights.keys(), key=lambda name: (-brings.get(name, -1.0), -alone.get(name, 0.0), name)
    )


def spared(figures: Figures) -> list[str]:
    """A sentence for each thing that is spared, as the ways that repeat or need it bring too little."""
    return [
        f"{', '.join(one['ways'])} left out, so that {SPARED[counted]}: with them "
        f"{one['loss']:+.4f} ± {one['loss_interval']:.4f}"
        for counted, one in figures.get("spared", {}).items()
    ]


def with_half(figures: Figures, figure: str, way: str, style: str) -> str | None:
    """One of a way's figures ± half of its interval, which cards of before do not have; None where there is none."""
    value, half = figures.get(figure, {}).get(way), figures.get(f"{figure}_interval", {}).get(way)
    if value is None:
        return None
    return style.format(value) + ("" if half is None else f" ± {half:.4f}")
