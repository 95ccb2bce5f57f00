"""A connection that one thread keeps for all its write transactions: to take it from the pool and give it back each
time costs as much as several of the statements between.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import Transaction
from sqlalchemy.exc import DBAPIError

from cobi.store.dialect import lock_for_writing


class HeldConnection:
    """Made when first needed, and anew after anything has gone wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: Connection | None = None

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """A transaction that is the organisation's only one, committed where the block ends well."""
        connection, transaction = self._begun()
        try:
            with transaction:
                yield connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give it back."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _begun(self) -> tuple[Connection, Transaction]:
        if self._held is not None:
            try:
                return self._locked(self._held)
            except DBAPIError as failure:
                # A server that was started again meanwhile is no reason to turn a write away.
                if not failure.connection_invalidated:
                    raise
        self._held = self._engine.connect()
        return self._locked(self._held)

    def _locked(self, connection: Connection) -> tuple[Connection, Transaction]:
        try:
            transaction = connection.begin()
            lock_for_writing(connection)
        except BaseException:
            self.close()
            raise
        return connection, transaction
