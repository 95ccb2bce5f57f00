"""Small durable writes from many threads through the one writer: a shared commit beside a commit for each."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from cobi.store.database import Database
from cobi.store.dialect import sqlite_engine
from cobi.store.line import MOST_PER_COMMIT
from cobi.store.writer import Transaction, Writer

WRITES, THREADS, ROUNDS = 2000, 64, 5


def rate(writer: Writer, first: int) -> float:
    """Writes per second from all threads together."""

    def write(number: int) -> None:
        def job(transaction: Transaction) -> None:
            transaction.connection.execute(text("insert into written values (:n)"), {"n": number})

        writer.submit(job).result()

    with ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter()
        list(pool.map(write, range(first, first + WRITES)))
        return WRITES / (time.perf_counter() - start)


def main(_arguments: Sequence[str] = ()) -> None:
    """Print both rates."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        engine = sqlite_engine(str(Path(name) / "bench.db"))
        database = Database(engine)
        database.write(lambda t: t.connection.execute(text("create table written (n integer primary key)")))
        rates: dict[int, list[float]] = {1: [], MOST_PER_COMMIT: []}
        for number in range(ROUNDS):
            for at, (most, measured) in enumerate(rates.items()):
                writer = Writer(engine, most_per_commit=most)
                measured.append(rate(writer, (2 * number + at) * WRITES))
                writer.close()
        database.close()
    for most, measured in rates.items():
        print(f"  up to {most:4} writes a commit {statistics.median(measured):10,.0f} writes/s")


if __name__ == "__main__":
    main()
