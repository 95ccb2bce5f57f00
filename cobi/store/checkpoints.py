"""Copies SQLite's write-ahead log into its database beside the writer ("Write-Ahead Logging" in SQLite's manual).

SQLite itself does so in the commit that finds the log long, and all who share that commit wait, now and then a tenth
of a second. Here a thread copies while others read and write; a commit is left with what came in the last moment.
"""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, Engine

from cobi.domain.errors import StorageUnavailable
from cobi.store.dialect import LOG_PAGES
from cobi.store.held_connection import HeldReader

EVERY_SECONDS, SOON_SECONDS = 0.5, 0.05
"""How long after a write it is copied; the second while a commit will soon find the log long."""

_NEARLY = LOG_PAGES * 3 // 4


class Checkpoints:
    """Of one database; one thread says when something was written."""

    def __init__(self, engine: Engine) -> None:
        self._reader = HeldReader(engine)
        self._written, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def written(self) -> None:
        """Have what was committed copied soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="cobi-checkpoints", daemon=True)
            self._thread.start()
        if not self._written.is_set():
            self._written.set()

    def close(self) -> None:
        """Stop; whoever closes the last connection copies the rest."""
        self._closed.set()
        self._written.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = EVERY_SECONDS
        while self._written.wait() and not self._closed.wait(pause):
            self._written.clear()
            pause = SOON_SECONDS if self._copy() >= _NEARLY else EVERY_SECONDS
        self._reader.close()

    def _copy(self) -> int:
        """How many pages the log has, copied ones included."""
        try:
            return self._reader.read(_checkpoint)
        except StorageUnavailable:
            # The next commit that finds the log long tries it too, and is heard of.
            return 0


def _checkpoint(connection: Connection) -> int:
    driver: Any = connection.connection.driver_connection
    # It waits for nobody, and nobody for it.
    _, pages, _ = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return pages
