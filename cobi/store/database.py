"""One organisation's database: many readers, one writer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from cobi.store.dialect import reading
from cobi.store.migrate import ORGANISATION, migrate
from cobi.store.writer import Transaction, Writer

Result = TypeVar("Result")


class Database:
    """Transactions on one organisation's data; `write` returns after the commit."""

    def __init__(self, engine: Engine) -> None:
        migrate(engine, ORGANISATION)
        self.engine = engine
        self._reader = reading(engine)
        self._writer = Writer(engine)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A consistent view of what is committed."""
        with self._reader.begin() as connection:
            yield connection

    def write(self, job: Callable[[Transaction], Result]) -> Result:
        """Run a job in the writer and return what it returned, once that is durable."""
        return self._writer.submit(job).result()

    def close(self) -> None:
        """Finish waiting writes and let go of the connections."""
        self._writer.close()
        self.engine.dispose()

    def joined(self, transaction: Transaction) -> Database:
        """This database, for work that is all to be part of one write transaction."""
        return _Joined(self.engine, transaction)


class _Joined(Database):
    """Reads and writes in a transaction that somebody else commits."""

    def __init__(self, engine: Engine, transaction: Transaction) -> None:
        self.engine = engine
        self._transaction = transaction

    @contextmanager
    def read(self) -> Generator[Connection]:
        """What is committed, and what the transaction has done so far."""
        yield self._transaction.connection

    def write(self, job: Callable[[Transaction], Result]) -> Result:
        """Run a job at once; it is durable with the whole transaction."""
        return job(self._transaction)

    def close(self) -> None:
        """Do nothing: the transaction is somebody else's."""
