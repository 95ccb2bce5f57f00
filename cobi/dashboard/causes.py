"""Why an item is not shown, as pages say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cause:
    """What keeps an item out, and what would change that."""

    code: str
    message: str
    change: str


def causes(told: Iterable[Mapping[str, Any]]) -> list[Cause]:
    """The causes that the API tells."""
    return [Cause(one["code"], one["message"], one["what_would_change_it"]) for one in told]
