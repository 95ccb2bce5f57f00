"""One organisation's database: many readers, one writer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine

from cobi.domain.errors import StorageUnavailable
from cobi.metrics.metrics import Meter
from cobi.store import histories
from cobi.store.checkpoints import Checkpoints
from cobi.store.dialect import is_sqlite, reading, writing
from cobi.store.failures import translating
from cobi.store.held_connection import HeldReader
from cobi.store.key_cache import Glance
from cobi.store.line import Entry
from cobi.store.migrate import ORGANISATION, is_current, migrate
from cobi.store.writer import Transaction, Writer

Result = TypeVar("Result")
Item = TypeVar("Item")

PATIENCE_SECONDS = 30.0
"""How long a write may wait for its turn."""


class Database:
    """Transactions on one organisation's data; `write` returns after the commit."""

    def __init__(
        self, engine: Engine, *, meter: Meter | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        with translating():
            migrate(engine, ORGANISATION)
        self.engine = engine
        self._reader = reading(engine)
        self._writing = writing(engine)
        self._checkpoints = Checkpoints(engine) if is_sqlite(engine) else None
        self._writer = Writer(
            self._writing,
            meter=meter,
            upkeep=histories.merge_a_little if is_sqlite(engine) else None,
            urgent_upkeep=histories.merge_if_urgent if is_sqlite(engine) else None,
        )
        if self._checkpoints is not None:
            self._writer.committed = self._checkpoints.written
        self.patience = patience

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A consistent view of what is committed."""
        with translating(), self._reader.begin() as connection:
            yield connection

    def reader(self) -> HeldReader:
        """What a thread reads with that reads again and again."""
        return HeldReader(self.engine)

    def glance(self) -> Glance:
        """What is known of keys, to which what is found from now on may be added."""
        return self._writer.glance()

    def look_ahead(self, look: Callable[[Connection, Glance], Result]) -> Result | None:
        """What a look at what is committed finds, for a write to come; None where nothing can be looked at."""
        glance = self.glance()
        with suppress(StorageUnavailable), self.read() as connection:
            return look(connection, glance)
        return None

    def write_to(
        self, action: Callable[[Transaction, Sequence[Item]], Sequence[Result]], item: Item, weight: int
    ) -> Future[Result]:
        """Hand an item to an action that takes other callers' items with it; done once that is durable."""
        return self._writer.submit_to(action, item, weight)

    def write_all(self, entries: Sequence[Entry]) -> None:
        """Hand over what several callers wait for; each hears of it by their ticket once it is durable."""
        self._writer.submit_all(entries)

    def write(self, job: Callable[[Transaction], Result], weight: int = 1) -> Result:
        """Run a job in the writer and return what it returned, once that is durable; `weight` in records."""
        return self.settled(self.begin(job, weight))

    def begin(self, job: Callable[[Transaction], Result], weight: int = 1) -> Future[Result]:
        """Hand a job to the writer; done once that is durable."""
        return self._writer.submit(job, weight)

    def settled(self, future: Future[Result]) -> Result:
        """What a write came to; one that has not begun in time is given up."""
        try:
            return future.result(self.patience)
        except TimeoutError:
            # One that has begun is waited for: to say that it failed could be wrong.
            if future.cancel():
                raise StorageUnavailable.not_begun() from None
            return future.result()

    @property
    def writer_lives(self) -> bool:
        """Whether writes are worked on."""
        return self._writer.alive

    def is_current(self) -> bool:
        """Whether the schema is the one this program knows; raises StorageUnavailable."""
        with self.read() as connection:
            return is_current(connection, ORGANISATION)

    def close(self) -> None:
        """Finish waiting writes and let go of the connections."""
        self._writer.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._writing.dispose()
        self.engine.dispose()

    def joined(self, transaction: Transaction) -> Database:
        """This database, for work that is all to be part of one write transaction."""
        return _Joined(self.engine, transaction)


class _Joined(Database):
    """Reads and writes in a transaction that somebody else commits."""

    def __init__(self, engine: Engine, transaction: Transaction) -> None:
        self.engine = engine
        self.patience = PATIENCE_SECONDS
        self._transaction = transaction

    @contextmanager
    def read(self) -> Generator[Connection]:
        """What is committed, and what the transaction has done so far."""
        yield self._transaction.connection

    def look_ahead(self, look: Callable[[Connection, Glance], Result]) -> Result | None:  # noqa: ARG002
        """Nothing: it is the write's turn already."""
        return None

    def begin(self, job: Callable[[Transaction], Result], weight: int = 1) -> Future[Result]:  # noqa: ARG002
        """Run a job at once; it is durable with the whole transaction."""
        done: Future[Result] = Future()
        done.set_result(job(self._transaction))
        return done

    def write_to(
        self, action: Callable[[Transaction, Sequence[Item]], Sequence[Result]], item: Item, weight: int
    ) -> Future[Result]:
        """Let an action do one item at once."""
        return self.begin(lambda transaction: action(transaction, [item])[0], weight)

    def close(self) -> None:
        """Do nothing: the transaction is somebody else's."""
