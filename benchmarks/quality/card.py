"""The leave-one-out card of a model, as `cobi models show` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cobi.cli.model_card import ways, worth
from cobi.cli.options import console


def print_card(card: Mapping[str, Any]) -> None:
    """What the tuning found of each way: its worth alone, and what the blend would lose without it."""
    print(worth(card["figures"]) or "nothing was tuned")
    console().print(ways(card["figures"], card["settings"]["weights"]))
