"""The server's log: one JSON object a line on standard error, without the values of variables.

To write and flush a line takes longer than to make it, so lines wait a moment for each other. Errors do not: they are
written at once, with what waits before them.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import structlog

WAIT_SECONDS = 0.1
"""How long a line waits at most; a process that is killed loses the lines of so long."""

MOST_WAITING = 1000
"""With so many lines whoever adds the next one writes them all: they must not pile up behind a slow reader."""


def _standard_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class Lines:
    """Lines on their way to where they are written; safe to call from several threads."""

    def __init__(self, write: Callable[[str], None] = _standard_error) -> None:
        self._write = write
        self._waiting: deque[str] = deque()
        self._some = threading.Event()
        self._writing = threading.Lock()
        self._writer: threading.Thread | None = None

    def add(self, line: str, *, urgent: bool = False) -> None:
        """Write a line soon, or at once."""
        self._waiting.append(line)
        if urgent or self._writer is None or len(self._waiting) >= MOST_WAITING:
            self.flush()
        elif not self._some.is_set():
            self._some.set()

    def flush(self) -> None:
        """Write what waits; what cannot be written, as on a full disk, must not fail the request it tells of."""
        with self._writing:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                with suppress(OSError, ValueError):
                    self._write("\n".join([*lines, ""]))

    def start(self) -> None:
        """Have a thread of this process write what waits; until then each line is written at once."""
        if self._writer is None or not self._writer.is_alive():
            self._writer = threading.Thread(target=self._keep_writing, name="cobi-log", daemon=True)
            self._writer.start()
            atexit.register(self.flush)

    def _keep_writing(self) -> None:
        while self._some.wait():
            time.sleep(WAIT_SECONDS)
            # Cleared first: a line that comes while this writes asks for the next time.
            self._some.clear()
            self.flush()


lines = Lines()
"""Those of this process."""


class _Logger:
    """Where structlog's lines go."""

    def msg(self, message: str) -> None:
        lines.add(message)

    def error(self, message: str) -> None:
        lines.add(message, urgent=True)

    debug = info = warning = msg


def _encode(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def configure(level: str) -> None:
    """Set up the log of this process."""
    lines.start()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number(level)),
        logger_factory=lambda *_: _Logger(),
        cache_logger_on_first_use=False,
    )


def number(level: str) -> int:
    """A level's place among the levels."""
    return getattr(logging, level.upper())
