"""What each way to learn is worth in a model, as its card tells: alone, and beside the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from cobi.cli.options import table

Figures = Mapping[str, Any]


def worth(figures: Figures) -> str | None:
    """What the whole was worth when it was tuned; None where nothing was."""
    if "worth" not in figures:
        return None
    half = f" ± {figures['worth_interval']:.4f}" if "worth_interval" in figures else ""
    return (
        f"worth {figures['worth']:.4f}{half} on {figures['cases']:,} students when it was tuned "
        f"({figures['judged']})"
    )


def ways(figures: Figures, weights: Mapping[str, float]) -> Table:
    """A line for each way, the one that brings most first; ± halves of 95 % intervals over the same students."""
    columns = ("weight", "alone", "brings")
    made = table("way", *columns, right=columns)
    for name in _by_worth(figures, weights):
        weight = f"{weights[name]:.3f}" if weights.get(name) else "not used"
        made.add_row(
            name, weight, _cell(figures, "alone", name, "{:.4f}"), _cell(figures, "brings", name, "{:+.4f}")
        )
    return made


def _by_worth(figures: Figures, weights: Mapping[str, float]) -> Iterable[str]:
    alone, brings = figures.get("alone", {}), figures.get("brings", {})
    # The ways in use come first; among the others, the better alone.
    return sorted(
        alone.keys() | weights.keys(), key=lambda name: (-brings.get(name, -1.0), -alone.get(name, 0.0), name)
    )


def _cell(figures: Figures, figure: str, name: str, style: str) -> str:
    value, half = figures.get(figure, {}).get(name), figures.get(f"{figure}_interval", {}).get(name)
    if value is None:
        return "–"
    # Cards of before have no intervals of a way.
    return style.format(value) + ("" if half is None else f" ± {half:.4f}")
