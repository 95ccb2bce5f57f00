"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 60


def until(what: Callable[[], Any]) -> Any:
    """What it says as soon as it says something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (said := what()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
    return said
