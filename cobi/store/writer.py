"""The one writer of a database: a thread that takes every write waiting and commits them together.

Many small requests share one commit, and so one wait for the disk (group commit); neighbours of one kind also share
their statements. A job that fails is rolled back alone; nobody is told of success before the commit has come back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from cobi.domain.errors import Overloaded
from cobi.metrics.families import COMMIT_JOBS, COMMIT_SECONDS, STORAGE_FAILURES, WRITES_WAITING
from cobi.metrics.metrics import Meter, Metrics
from cobi.store import revisions
from cobi.store.dialect import lock_for_writing, savepoint
from cobi.store.failures import cause_of, translated
from cobi.store.key_cache import Glance, KeyCache
from cobi.store.rollups.marks import Marks
from cobi.store.rollups.tallies import Tallies
from cobi.store.turns import Turns

Result = TypeVar("Result")
Item = TypeVar("Item")

_log = structlog.get_logger("cobi.writer")

MAX_WAITING = 512
"""How many writes may wait before the next one is turned away."""

MAX_WEIGHT = 60_000
"""How many records may wait before the next ones are turned away: read and waiting, each holds about 2 KiB."""

MOST_PER_COMMIT = 128
"""How many writes may share one transaction."""

UPKEEP_EVERY = 4_096
"""After so many records it is worth looking whether there is something to tidy up."""

HEAVY = 2_500
"""With so many records a commit is worth its wait, and the next begins sooner than it would with more."""


@dataclass(frozen=True)
class Transaction:
    """What a write action works with: the connection it must not commit, and the keys it already knows."""

    connection: Connection
    keys: KeyCache
    tallies: Tallies = field(default_factory=Tallies)
    """What changes in the figures of reports; written once, before the commit."""

    @contextmanager
    def rehearsal(self) -> Generator[None]:
        """Undo at the end whatever is done inside."""
        savepoint, before = self.connection.begin_nested(), self.tallies.copy()
        try:
            yield
        finally:
            savepoint.rollback()
            self.keys.clear()
            self.tallies.restore(before)


Job = Callable[[Transaction], Any]

Action = Callable[[Transaction, Sequence[Any]], Sequence[Any]]
"""Does what several callers wait for at once, and answers each one's result in their order."""

_Outcome = tuple[Future[Any], Any, BaseException | None]

Upkeep = Callable[[Connection], bool]
"""One small step of tidying up; False when there was nothing to do."""


@dataclass(frozen=True)
class _Entry:
    """What one caller waits for; `weight` is its share of the queue, in records."""

    action: Action
    item: Any
    weight: int
    future: Future[Any]


def _run_jobs(transaction: Transaction, jobs: Sequence[Job]) -> Sequence[Any]:
    return [job(transaction) for job in jobs]


class Writer:
    """Runs jobs one after another, in the order they came, in transactions that neighbours share."""

    def __init__(
        self,
        engine: Engine,
        *,
        max_waiting: int = MAX_WAITING,
        max_weight: int = MAX_WEIGHT,
        most_per_commit: int = MOST_PER_COMMIT,
        meter: Meter | None = None,
        upkeep: Upkeep | None = None,
        upkeep_is_urgent: Upkeep | None = None,
    ) -> None:
        self._meter = meter or Metrics().of("")
        self._engine = engine.execution_options(writing=True)
        self._turns = Turns(engine)
        self._waiting: queue.Queue[_Entry | None] = queue.Queue(max_waiting)
        self._max_weight = max_weight
        self._weight = 0
        self._most_per_commit = most_per_commit
        self._upkeep = upkeep
        self._upkeep_is_urgent = upkeep_is_urgent
        self._since_upkeep = self._since_look = 0
        self._keys = KeyCache()
        self._marks = Marks()
        # Held while queueing, so that nothing can get in behind the end and wait for ever.
        self._door = threading.Lock()
        self._showing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="cobi-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Transaction], Result], weight: int = 1) -> Future[Result]:
        """Queue a job; its future is done once its transaction is durable."""
        return self._queue(_Entry(_run_jobs, job, weight, Future()))

    def submit_to(
        self, action: Callable[[Transaction, Sequence[Item]], Sequence[Result]], item: Item, weight: int
    ) -> Future[Result]:
        """Queue an item for an action that takes neighbours' items with it; `weight` counts its records."""
        return self._queue(_Entry(action, item, weight, Future()))

    def _queue(self, entry: _Entry) -> Future[Any]:
        with self._door:
            if self._closed:
                raise Overloaded("the server is stopping; nothing of this request was stored")
            # What is too heavy for any queue still has its turn where nothing waits.
            if self._weight and self._weight + entry.weight > self._max_weight:
                raise Overloaded("too many records are waiting; nothing of this request was stored")
            try:
                self._waiting.put_nowait(entry)
            except queue.Full:
                raise Overloaded("too many writes are waiting; nothing of this request was stored") from None
            self._weight += entry.weight
        self._show_waiting()
        return entry.future

    def glance(self) -> Glance:
        """What is known of keys, for those who prepare what they will write."""
        return self._keys.glance()

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
        self._turns.close()

    def _run(self) -> None:
        while (first := self._next()) is not None:
            batch = [first, *self._more(first.weight)]
            entries = [entry for entry in batch if entry is not None]
            with self._door:
                self._weight -= (weight := sum(entry.weight for entry in entries))
            self._since_upkeep += weight
            self._since_look += weight
            self._commit(entries)
            if batch[-1] is None:
                return

    def _next(self) -> _Entry | None:
        """The next write; until it comes, there is time for upkeep."""
        while self._upkeep is not None and self._since_upkeep >= UPKEEP_EVERY and self._waiting.empty():
            if not self._keep_up(self._upkeep):
                self._since_upkeep = 0
        return self._waiting.get()

    def _keep_up(self, upkeep: Upkeep) -> bool:
        """One step in a transaction of its own; what fails is tried again after the next write."""
        try:
            with self._turns.taken(), self._engine.begin() as connection:
                lock_for_writing(connection)
                return upkeep(connection)
        except Exception as failure:  # noqa: BLE001 (nobody waits for it, and it must not end the thread)
            if cause_of(failure) is not None:
                self._meter.count(STORAGE_FAILURES)
            else:
                _log.exception("upkeep")
            return False

    def _keep_up_at_once(self, connection: Connection, upkeep: Upkeep) -> None:
        """Where there is never a quiet moment: a step with each commit as long as that is urgent."""
        if self._upkeep_is_urgent and self._upkeep_is_urgent(connection):
            upkeep(connection)
        else:
            self._since_look = 0

    def _more(self, weight: int) -> list[_Entry | None]:
        more: list[_Entry | None] = []
        while len(more) < self._most_per_commit - 1 and weight < HEAVY:
            try:
                entry = self._waiting.get_nowait()
            except queue.Empty:
                break
            more.append(entry)
            if entry is None:
                break
            weight += entry.weight
        return more

    def _commit(self, batch: list[_Entry]) -> None:
        outcomes: list[_Outcome] = []
        began = time.perf_counter()
        try:
            with self._turns.taken(), self._engine.begin() as connection:
                lock_for_writing(connection)
                # From here on a caller can no longer give up waiting.
                batch = [entry for entry in batch if entry.future.set_running_or_notify_cancel()]
                # Any process may have changed who is who.
                identities, counted = revisions.read_two(connection, revisions.IDENTITIES, revisions.COUNTED)
                self._keys.renew(identities)
                self._marks.renew(counted)
                if self._upkeep and self._since_look >= UPKEEP_EVERY:
                    self._keep_up_at_once(connection, self._upkeep)
                transaction = Transaction(connection, self._keys)
                if len(batch) == 1:
                    [entry] = batch
                    [result] = entry.action(transaction, [entry.item])
                    outcomes = [(entry.future, result, None)]
                else:
                    outcomes = [
                        one for together in _neighbours(batch) for one in self._attempt(together, transaction)
                    ]
                transaction.tallies.flush(connection, self._marks)
        except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
            self._keys.clear()
            self._marks.clear()
            if cause_of(failure) is not None:
                self._meter.count(STORAGE_FAILURES)
            outcomes = [
                (entry.future, None, translated(failure))
                for entry in batch
                if entry.future.running() or entry.future.set_running_or_notify_cancel()
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

    def _attempt(self, entries: Sequence[_Entry], transaction: Transaction) -> list[_Outcome]:
        """Run neighbours together, or each alone when together they fail."""
        attempt = replace(transaction, tallies=Tallies())
        try:
            with savepoint(transaction.connection, "neighbours"):
                results = entries[0].action(attempt, [entry.item for entry in entries])
        except Exception as failure:
            if cause_of(failure) is not None:
                raise
            self._keys.clear()
            if len(entries) == 1:
                return [(entries[0].future, None, failure)]
            return [outcome for entry in entries for outcome in self._attempt([entry], transaction)]
        transaction.tallies.add_all(attempt.tallies)
        return [(entry.future, result, None) for entry, result in zip(entries, results, strict=True)]

    def _show_waiting(self) -> None:
        # Reading and showing are one step, or an older size could be shown last.
        with self._showing:
            self._meter.set(WRITES_WAITING, value=self._waiting.qsize())


def _neighbours(batch: Sequence[_Entry]) -> list[list[_Entry]]:
    """Runs of entries with one action; jobs, which share nothing, stay by themselves."""
    runs: list[list[_Entry]] = []
    for action, entries in groupby(batch, key=lambda entry: entry.action):
        together = list(entries)
        runs.extend([entry] for entry in together) if action is _run_jobs else runs.append(together)
    return runs
