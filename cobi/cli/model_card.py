"""What each way to learn is worth in a model, as its card tells: alone, and beside the others."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from cobi.cli.options import table
from cobi.domain.model_card import Figures, by_worth, with_half


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
    for name in by_worth(figures, weights):
        weight = f"{weights[name]:.3f}" if weights.get(name) else "not used"
        alone = with_half(figures, "alone", name, "{:.4f}")
        made.add_row(name, weight, alone or "–", with_half(figures, "brings", name, "{:+.4f}") or "–")
    return made
