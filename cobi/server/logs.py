"""The server's log: one JSON object a line on standard error, without the values of variables."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

import msgspec
import structlog


class _StandardError:
    """Writes lines; one that cannot be written, as on a full disk, must not fail the request it tells of."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(message + "\n")
            sys.stderr.flush()

    debug = info = warning = error = msg


def _encode(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def configure(level: str) -> None:
    """Set up structlog for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
