"""The one writer of a database: a thread that takes every write waiting and commits them together.

Many small requests share one commit, and so one wait for the disk (group commit). A job that fails is rolled
back alone; nobody is told of success before the commit has come back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from cobi.domain.errors import Overloaded
from cobi.metrics.families import COMMIT_JOBS, COMMIT_SECONDS, STORAGE_FAILURES, WRITES_WAITING
from cobi.metrics.metrics import Meter, Metrics
from cobi.store import revisions
from cobi.store.dialect import lock_for_writing
from cobi.store.failures import cause_of, translated
from cobi.store.keys import KeyCache

Result = TypeVar("Result")

MAX_WAITING = 512
"""How many writes may wait before the next one is turned away."""

MOST_PER_COMMIT = 128
"""How many writes may share one transaction."""


@dataclass(frozen=True)
class Transaction:
    """What a write action works with: the connection it must not commit, and the keys it already knows."""

    connection: Connection
    keys: KeyCache

    @contextmanager
    def rehearsal(self) -> Generator[None]:
        """Undo at the end whatever is done inside."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
            self.keys.clear()


Job = Callable[[Transaction], Any]


class Writer:
    """Runs jobs one after another, in the order they came, in transactions that neighbours share."""

    def __init__(
        self,
        engine: Engine,
        *,
        max_waiting: int = MAX_WAITING,
        most_per_commit: int = MOST_PER_COMMIT,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Metrics().of("")
        self._engine = engine.execution_options(writing=True)
        self._waiting: queue.Queue[tuple[Job, Future[Any]] | None] = queue.Queue(max_waiting)
        self._most_per_commit = most_per_commit
        self._keys = KeyCache()
        # Held while queueing, so that nothing can get in behind the end and wait for ever.
        self._door = threading.Lock()
        self._showing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="cobi-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Transaction], Result]) -> Future[Result]:
        """Queue a job; its future is done once its transaction is durable."""
        future: Future[Result] = Future()
        with self._door:
            if self._closed:
                raise Overloaded("the server is stopping; nothing of this request was stored")
            try:
                self._waiting.put_nowait((job, future))
            except queue.Full:
                raise Overloaded("too many writes are waiting; nothing of this request was stored") from None
        self._show_waiting()
        return future

    @property
    def alive(self) -> bool:
        """Whether the thread still works."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first, *self._more()]
            stop = batch[-1] is None
            self._commit([entry for entry in batch if entry is not None])
            if stop:
                return

    def _more(self) -> list[tuple[Job, Future[Any]] | None]:
        more: list[tuple[Job, Future[Any]] | None] = []
        while len(more) < self._most_per_commit - 1:
            try:
                more.append(self._waiting.get_nowait())
            except queue.Empty:
                break
            if more[-1] is None:
                break
        return more

    def _commit(self, batch: list[tuple[Job, Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        began = time.perf_counter()
        try:
            with self._engine.begin() as connection:
                lock_for_writing(connection)
                # From here on a caller can no longer give up waiting.
                batch = [entry for entry in batch if entry[1].set_running_or_notify_cancel()]
                self._refresh(connection)
                if len(batch) == 1:
                    [(job, future)] = batch
                    outcomes = [(future, job(Transaction(connection, self._keys)), None)]
                else:
                    outcomes = [(future, *self._attempt(job, connection)) for job, future in batch]
        except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
            self._keys.clear()
            if cause_of(failure) is not None:
                self._meter.count(STORAGE_FAILURES)
            outcomes = [
                (future, None, translated(failure))
                for _, future in batch
                if future.running() or future.set_running_or_notify_cancel()
            ]
        if outcomes:
            self._meter.observe(COMMIT_SECONDS, value=time.perf_counter() - began)
            self._meter.observe(COMMIT_JOBS, value=len(outcomes))
        self._show_waiting()
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _attempt(self, job: Job, connection: Connection) -> tuple[Any, BaseException | None]:
        savepoint = connection.begin_nested()
        try:
            result = job(Transaction(connection, self._keys))
            savepoint.commit()
        except Exception as failure:
            if cause_of(failure) is not None:
                # The database may have rolled back everything by itself: no savepoint is left to go back to.
                raise
            savepoint.rollback()
            self._keys.clear()
            return None, failure
        return result, None

    def _show_waiting(self) -> None:
        # Reading and showing are one step, or an older size could be shown last.
        with self._showing:
            self._meter.set(WRITES_WAITING, value=self._waiting.qsize())

    def _refresh(self, connection: Connection) -> None:
        """Forget cached keys when any process changed who is who."""
        revision = revisions.read(connection, revisions.IDENTITIES)
        if revision != self._keys.revision:
            self._keys.clear()
            self._keys.revision = revision
