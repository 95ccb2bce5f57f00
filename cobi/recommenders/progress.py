"""How a long computation says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Told the share done, 0…1, and what is being done."""


def silent(_share: float, _message: str) -> None:
    """Nobody is listening."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A progress whose 0…1 is start…end of the whole."""

    def told(share: float, message: str) -> None:
        progress(start + share * (end - start), message)

    return told
