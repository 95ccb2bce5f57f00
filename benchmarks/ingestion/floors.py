"""What the parts can do alone, in one thread: decoding, and writing the same rows by the drivers' own bulk ways."""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from sqlalchemy import make_url

from benchmarks.ingestion import records
from tests.postgresql import running_server

_ROWS, _ROUNDS = 100_000, 3
_TABLE = """create table rows (id {blob} primary key, moment bigint, kind int, item_type int, item bigint,
    student bigint, visitor bigint, platform int, city text, country text, source int, answer {blob},
    received bigint)"""
_INDEXES = ("create index by_student on rows (student, moment)", "create index by_visitor on rows (visitor)")


def decoding() -> float:
    """Interactions a second that msgspec alone decodes, nothing checked."""
    bodies, decode = records.interactions(20_000, 0), msgspec.json.Decoder().decode
    return _rate(lambda _: [decode(body) for body in bodies], len(bodies))


def sqlite() -> float:
    """Rows a second by executemany, a commit for every 5000."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        connection = sqlite3.connect(Path(name) / "floor.db", isolation_level=None)
        for statement in (
            "pragma journal_mode=wal",
            "pragma synchronous=full",
            _TABLE.format(blob="blob") + " without rowid",
            *_INDEXES,
        ):
            connection.execute(statement)

        def write(seed: int) -> None:
            rows = _rows(seed)
            for at in range(0, _ROWS, records.BATCH):
                connection.execute("begin immediate")
                connection.executemany(
                    f"insert into rows values ({','.join('?' * 13)})", sorted(rows[at : at + records.BATCH])
                )
                connection.execute("commit")

        rate = _rate(write, _ROWS)
        connection.close()
    return rate


def postgresql() -> float:
    """Rows a second by a text COPY, a commit for every 5000."""
    with running_server(durable=True) as url:
        socket = str(make_url(url).query["host"])
        with psycopg.connect(dbname="postgres", user="postgres", host=socket) as connection:
            for statement in (_TABLE.format(blob="bytea"), *_INDEXES):
                connection.execute(statement.encode())
            connection.commit()

            def write(seed: int) -> None:
                rows = _rows(seed)
                for at in range(0, _ROWS, records.BATCH):
                    with connection.cursor() as cursor, cursor.copy("copy rows from stdin") as copy:
                        for row in sorted(rows[at : at + records.BATCH]):
                            copy.write_row(row)
                    connection.commit()

            return _rate(write, _ROWS)


def _rows(seed: int) -> list[tuple[Any, ...]]:
    luck = random.Random(seed)
    return [
        (
            (1_780_000_000_000 - at).to_bytes(6, "big") + luck.randbytes(10), at, 1, 1,
            luck.randrange(records.OFFERS), luck.randrange(records.STUDENTS), None, 1,
            "Manama", "Bahrain", None, None, 1,
        )
        for at in range(_ROWS)
    ]  # fmt: skip


def _rate(work: Callable[[int], Any], count: int) -> float:
    seconds: list[float] = []
    for seed in range(_ROUNDS):
        start = time.perf_counter()
        work(seed)
        seconds.append(time.perf_counter() - start)
    return count / statistics.median(seconds)
