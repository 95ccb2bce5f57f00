"""Whose turn it is to write, among the processes that share a SQLite file.

SQLite has one writer at a time, and lets the others sleep and look again, ever longer: much of the time nobody writes,
and who looks at the wrong moment waits long. Here they queue at a file beside the database and the kernel wakes the
next one. SQLite's own lock stays what keeps them apart.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Engine

from cobi.store.dialect import is_sqlite

_SUFFIX = "-turn"


class Turns:
    """Gives one database's writers their turns."""

    def __init__(self, engine: Engine) -> None:
        self._file: int | None = None
        path = engine.url.database if is_sqlite(engine) else None
        if path and path != ":memory:":
            self._file = os.open(f"{path}{_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def taken(self) -> Generator[None]:
        """Wait for a turn and keep it; a process that dies gives its turn up."""
        if self._file is None:
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
