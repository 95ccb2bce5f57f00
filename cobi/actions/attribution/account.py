"""Keeps the figures of the reports in step with the rows they count."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager

from cobi.store.rollups import counting
from cobi.store.writer import Transaction


@contextmanager
def accounting(transaction: Transaction, answers: Collection[bytes]) -> Generator[None]:
    """Count what the block changes in what came of these answers, by their ids."""
    transaction.tallies.take_back(counting.came_of(transaction.connection, answers))
    yield
    transaction.tallies.add_all(counting.came_of(transaction.connection, answers))
