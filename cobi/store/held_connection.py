"""A connection that one thread keeps: to take it from the pool and give it back each time costs as much as several of
the statements between.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import Transaction

from cobi.store.dialect import (
    begin_writing,
    beginning_by_itself,
    is_lost,
    sent_together,
    without_transactions,
)
from cobi.store.failures import translating

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]

_NOTHING = "SELECT 1"


def _nothing(_: Connection) -> None:
    pass


class _Held:
    """Made when first needed, and anew after anything has gone wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: Connection | None = None

    def close(self) -> None:
        """Give it back."""
        held, self._held = self._held, None
        if held is not None:
            if is_lost(held):
                held.invalidate()
            held.close()

    def _first(self, work: Callable[[Connection], Result]) -> Result:
        """What comes of the first work on it for a while, which may be done twice."""
        if self._held is not None:
            try:
                return work(self._held)
            except Exception:
                # A server that was started again meanwhile is no reason to turn anybody away.
                if not is_lost(self._held):
                    raise
                self.close()
        self._held = self._engine.connect()
        return work(self._held)


class HeldConnection(_Held):
    """For a thread's write transactions."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(beginning_by_itself(engine))

    @contextmanager
    def begin(
        self, look: str = _NOTHING, last: Callable[[Connection], object] = _nothing
    ) -> Generator[tuple[Connection, Rows]]:
        """A transaction that is the organisation's only one, committed where the block ends well.

        It begins with the rows of `look`, a query without parameters; what `last` writes goes out with the commit.
        """
        try:
            connection, transaction, rows = self._first(lambda held: _begun(held, look))
            with ExitStack() as ends:
                ends.enter_context(transaction)
                yield connection, rows
                # The transaction ends inside: its commit goes out with what comes last.
                with sent_together(connection), ends.pop_all():
                    last(connection)
        except BaseException:
            self.close()
            raise


class HeldReader(_Held):
    """For a thread's reads of one statement each, which sees one moment without a transaction around it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(without_transactions(engine))

    def read(self, look: Callable[[Connection], Result]) -> Result:
        """What a look finds that asks the driver itself, and one statement only."""
        with translating():
            try:
                return self._first(look)
            except BaseException:
                self.close()
                raise


def _begun(connection: Connection, look: str) -> tuple[Connection, Transaction, Rows]:
    transaction = connection.begin()
    return connection, transaction, begin_writing(connection, look)
