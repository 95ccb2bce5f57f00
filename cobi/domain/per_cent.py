"""Shares and changes as everything here writes them for people: 22.3 %, +22.3 %, −7.7 %."""

from __future__ import annotations

MINUS = "\u2212"
"""The sign of a negative number, as wide as a plus; a hyphen is shorter and breaks lines."""


def per_cent(share: float, digits: int = 0) -> str:
    """A share: 22 %."""
    return f"{100 * share:.{digits}f} %".replace("-", MINUS)


def signed_per_cent(change: float, digits: int = 1) -> str:
    """A relative change: +22.3 %."""
    return f"{100 * change:+,.{digits}f} %".replace("-", MINUS)
