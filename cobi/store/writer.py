"""The one writer of a database: a thread that takes every write waiting and commits them together.

Many small requests share one commit, and so one wait for the disk (group commit). A job that fails is rolled
back alone; nobody is told of success before the commit has come back.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from cobi.domain.errors import Overloaded
from cobi.store import revisions
from cobi.store.dialect import lock_for_writing
from cobi.store.keys import KeyCache

Result = TypeVar("Result")

MAX_WAITING = 512
"""How many writes may wait before the next one is turned away."""

_MOST_PER_COMMIT = 128


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

    def __init__(self, engine: Engine, *, max_waiting: int = MAX_WAITING) -> None:
        self._engine = engine.execution_options(writing=True)
        self._waiting: queue.Queue[tuple[Job, Future[Any]] | None] = queue.Queue(max_waiting)
        self._keys = KeyCache()
        # Held while queueing, so that nothing can get in behind the end and wait for ever.
        self._door = threading.Lock()
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
        return future

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
        while len(more) < _MOST_PER_COMMIT - 1:
            try:
                more.append(self._waiting.get_nowait())
            except queue.Empty:
                break
            if more[-1] is None:
                break
        return more

    def _commit(self, batch: list[tuple[Job, Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                lock_for_writing(connection)
                self._refresh(connection)
                if len(batch) == 1:
                    [(job, future)] = batch
                    outcomes = [(future, job(Transaction(connection, self._keys)), None)]
                else:
                    outcomes = [(future, *self._attempt(job, connection)) for job, future in batch]
        except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
            self._keys.clear()
            outcomes = [(future, None, failure) for _, future in batch]
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
        except Exception as failure:  # noqa: BLE001 (one job's failure must not undo its neighbours)
            savepoint.rollback()
            self._keys.clear()
            return None, failure
        return result, None

    def _refresh(self, connection: Connection) -> None:
        """Forget cached keys when any process changed who is who."""
        revision = revisions.read(connection, revisions.IDENTITIES)
        if revision != self._keys.revision:
            self._keys.clear()
            self._keys.revision = revision
