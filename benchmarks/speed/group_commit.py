"""Single durable interactions from many threads: the shared commit beside a commit for each."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from sqlalchemy import text

from cobi.config.settings import Settings
from cobi.domain.records import TAGS
from cobi.service.registry import Registry
from cobi.store.dialect import sqlite_engine

WRITES, THREADS, ROUNDS = 1000, 64, 5


def rate(write: Callable[[int], object], first: int) -> float:
    """Writes per second from all threads together."""
    with ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter()
        list(pool.map(write, range(first, first + WRITES)))
        return WRITES / (time.perf_counter() - start)


def main(_arguments: Sequence[str] = ()) -> None:
    """Print both rates."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        directory = Path(name)
        registry = Registry(Settings(data=directory))
        registry.create("bench")
        service = registry.named("bench")
        engine, lock = (
            sqlite_engine(str(directory / "alone.db")).execution_options(writing=True),
            threading.Lock(),
        )
        with engine.begin() as connection:
            connection.execute(text("create table tags (id text primary key, name text)"))

        def together(number: int) -> None:
            body = msgspec.json.encode({"tag_id": f"{number:032x}", "name": f"tag {number}"})
            service.upload(TAGS, [body], "bench")

        def alone(number: int) -> None:
            with lock, engine.begin() as connection:
                connection.execute(text("insert into tags values (:id, 'tag')"), {"id": f"{number:032x}"})

        shared, single = ([rate(write, at * WRITES) for at in range(ROUNDS)] for write in (together, alone))
        registry.close()
        engine.dispose()
    print(f"  whole records, one shared commit   {statistics.median(shared):10,.0f} writes/s")
    print(f"  bare rows, a commit for each       {statistics.median(single):10,.0f} writes/s")


if __name__ == "__main__":
    main()
