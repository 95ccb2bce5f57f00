"""Ways to go on: tabs, periods, other views of the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """Somewhere to go, and whether it is here."""

    name: str
    href: str
    current: bool
