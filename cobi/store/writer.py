"""The one writer of a database: a thread that takes every write waiting and commits them together.

Many small requests share one commit, and so one wait for the disk (group commit); neighbours of one kind also share
their statements. A job that fails is rolled back alone; nobody is told of success before the commit has come back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from cobi.metrics.families import COMMIT_JOBS, COMMIT_SECONDS, STORAGE_FAILURES, WRITES_WAITING
from cobi.metrics.metrics import Meter, Metrics
from cobi.store import revisions
from cobi.store.dialect import savepoint
from cobi.store.failures import cause_of, translated
from cobi.store.held_connection import HeldConnection
from cobi.store.key_cache import Glance, KeyCache
from cobi.store.line import MAX_WAITING, MAX_WEIGHT, MOST_PER_COMMIT, Entry, Line, Ticket
from cobi.store.rollups.marks import Marks
from cobi.store.rollups.tallies import Tallies
from cobi.store.turns import Turns

Result = TypeVar("Result")
Item = TypeVar("Item")

_log = structlog.get_logger("cobi.writer")

UPKEEP_EVERY = 4_096
"""After so many records it is worth looking whether there is something to tidy up."""

REST = 9
"""While others write, upkeep rests so many times as long as it worked: a tenth of the time is its own."""


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

_Outcome = tuple[Ticket, Any, BaseException | None]

Upkeep = Callable[[Connection], bool]
"""One small step of tidying up; False when there was nothing to do."""


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
        urgent_upkeep: Upkeep | None = None,
    ) -> None:
        self._meter = meter or Metrics().of("")
        self._connection = HeldConnection(engine)
        self._turns = Turns(engine)
        self._line = Line(max_waiting, max_weight, most_per_commit)
        self._upkeep = upkeep
        self._urgent_upkeep = urgent_upkeep
        self._rested, self._written = 0.0, False
        self.committed: Callable[[], object] = lambda: None
        """Called after each commit, before anybody hears of it."""
        self._since_upkeep = self._since_look = 0
        self._keys = KeyCache()
        self._marks = Marks()
        self._showing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="cobi-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Transaction], Result], weight: int = 1) -> Future[Result]:
        """Queue a job; its future is done once its transaction is durable."""
        return self._queue(_run_jobs, job, weight)

    def submit_to(
        self, action: Callable[[Transaction, Sequence[Item]], Sequence[Result]], item: Item, weight: int
    ) -> Future[Result]:
        """Queue an item for an action that takes neighbours' items with it; `weight` counts its records."""
        return self._queue(action, item, weight)

    def submit_all(self, entries: Sequence[Entry]) -> None:
        """Queue what several callers wait for; whoever is turned away hears of it by their ticket."""
        for entry, refusal in self._line.join(entries):
            entry.ticket.set_exception(refusal)
        self._show_waiting()

    def _queue(self, action: Action, item: Any, weight: int) -> Future[Any]:
        future: Future[Any] = Future()
        for _, refusal in self._line.join([Entry(action, item, weight, future)]):
            raise refusal
        self._show_waiting()
        return future

    def glance(self) -> Glance:
        """What is known of keys, for those who prepare what they will write."""
        return self._keys.glance()

    @property
    def alive(self) -> bool:
        """Whether the thread still works."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        self._line.close()
        self._thread.join()
        self._turns.close()

    def _run(self) -> None:
        while self._wait():
            self._commit()
        self._connection.close()

    def _wait(self) -> bool:
        """Whether there is something to write; while there is not, there is time for upkeep."""
        while not (somebody := self._line.wait(self._until_upkeep())):
            if somebody is None:
                return False
            self._keep_up()
        return True

    def _until_upkeep(self) -> float | None:
        """How many seconds nobody must come until a step of upkeep is due; None where none is."""
        if self._upkeep is None or self._since_upkeep < UPKEEP_EVERY:
            return None
        return max(0.0, self._rested - time.monotonic())

    def _take(self) -> list[Entry]:
        """The next writes, whose callers from now on cannot give up waiting."""
        entries = self._line.take()
        weight = sum(entry.weight for entry in entries)
        self._since_upkeep += weight
        self._since_look += weight
        self._written = True
        return [entry for entry in entries if entry.ticket.set_running_or_notify_cancel()]

    def _keep_up(self) -> None:
        """One step; while others write, moments of quiet are short, and most of the time stays theirs."""
        began = time.monotonic()
        if self._upkeep is None or not self._tidied(self._upkeep):
            self._since_upkeep = 0
        ended = time.monotonic()
        self._rested = ended + (REST * (ended - began) if self._written else 0.0)
        self._written = False

    def _tidied(self, upkeep: Upkeep) -> bool:
        """A step in a transaction of its own; what fails is tried again after the next write."""
        try:
            with self._turns.taken(), self._connection.begin() as (connection, _):
                return upkeep(connection)
        except Exception as failure:  # noqa: BLE001 (nobody waits for it, and it must not end the thread)
            if cause_of(failure) is not None:
                self._meter.count(STORAGE_FAILURES)
            else:
                _log.exception("upkeep")
            return False

    def _keep_up_at_once(self, connection: Connection) -> None:
        """Where there is never a quiet moment: a step with each commit as long as that is urgent."""
        if (
            self._urgent_upkeep is not None
            and self._since_look >= UPKEEP_EVERY
            and not self._urgent_upkeep(connection)
        ):
            self._since_look = 0

    def _commit(self) -> None:
        batch: list[Entry] | None = None
        outcomes: list[_Outcome] = []
        began, tallies = time.perf_counter(), Tallies()
        try:
            with self._turns.taken(), self._begun(tallies) as (connection, moved):
                # Not before: meanwhile more may have come.
                batch = self._take()
                # Any process may have changed who is who.
                self._keys.renew(moved.get(revisions.IDENTITIES, 0))
                self._marks.renew(moved.get(revisions.COUNTED, 0))
                self._keep_up_at_once(connection)
                transaction = Transaction(connection, self._keys, tallies)
                if len(batch) == 1:
                    [entry] = batch
                    [result] = entry.action(transaction, [entry.item])
                    outcomes = [(entry.ticket, result, None)]
                else:
                    outcomes = [
                        one for together in _neighbours(batch) for one in self._attempt(together, transaction)
                    ]
            self.committed()
        except BaseException as failure:  # noqa: BLE001 (whatever it was, every caller must hear of it)
            self._keys.clear()
            self._marks.clear()
            if cause_of(failure) is not None:
                self._meter.count(STORAGE_FAILURES)
            unavailable = translated(failure)
            waiting = self._take() if batch is None else batch
            outcomes = [(entry.ticket, None, unavailable) for entry in waiting]
        if outcomes:
            self._meter.observe(COMMIT_SECONDS, value=time.perf_counter() - began)
            self._meter.observe(COMMIT_JOBS, value=len(outcomes))
        self._show_waiting()
        for ticket, result, failure in outcomes:
            if failure is None:
                ticket.set_result(result)
            else:
                ticket.set_exception(failure)

    @contextmanager
    def _begun(self, tallies: Tallies) -> Generator[tuple[Connection, Mapping[str, int]]]:
        """A write transaction that ends with what changes in figures, and the counters it begins with."""

        def last(connection: Connection) -> None:
            tallies.flush(connection, self._marks)

        with self._connection.begin(revisions.OF_A_WRITER, last) as (connection, rows):
            yield connection, dict(rows)

    def _attempt(self, entries: Sequence[Entry], transaction: Transaction) -> list[_Outcome]:
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
                return [(entries[0].ticket, None, failure)]
            return [outcome for entry in entries for outcome in self._attempt([entry], transaction)]
        transaction.tallies.add_all(attempt.tallies)
        return [(entry.ticket, result, None) for entry, result in zip(entries, results, strict=True)]

    def _show_waiting(self) -> None:
        # Reading and showing are one step, or an older size could be shown last.
        with self._showing:
            self._meter.set(WRITES_WAITING, value=len(self._line))


def _neighbours(batch: Sequence[Entry]) -> list[list[Entry]]:
    """Runs of entries with one action; jobs, which share nothing, stay by themselves."""
    runs: list[list[Entry]] = []
    for action, entries in groupby(batch, key=lambda entry: entry.action):
        together = list(entries)
        runs.extend([entry] for entry in together) if action is _run_jobs else runs.append(together)
    return runs
