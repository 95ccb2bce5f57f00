"""What went over the wire for one request: counted while it is worked on, entered when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NO_ANSWER = 499
"""What stands for a status when the caller left before there was one, as in nginx's log."""


@dataclass(slots=True)
class Exchange:
    """The answer's status, and the bodies' sizes."""

    status: int = NO_ANSWER
    received: int = 0
    sent: int = 0


Enter = Callable[[Any, Exchange, float], object]
"""Hears of a request that has ended: its ASGI scope, what went over the wire, and how many seconds it took."""
