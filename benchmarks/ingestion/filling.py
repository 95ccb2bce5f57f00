"""Twenty million interactions written straight into a database, as they lie when Cobi has had time to merge them."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from benchmarks.ingestion import records
from benchmarks.ingestion.places import ORGANISATION, Place
from cobi.service.registry import Registry
from cobi.store.dialect import is_sqlite
from cobi.store.histories import FAN_IN, RUN_ROWS
from cobi.store.inserting import insert_rows
from cobi.store.interactions import COLUMNS
from cobi.store.schema import interactions
from cobi.store.writer import Transaction

ROWS, _AT_ONCE = 20_000_000, 100_000
_PSEUDONYM_EVERY = 10
_RUN = FAN_IN**2 * RUN_ROWS  # what a run has after it was merged twice
_FIRST_MS = 1_700_000_000_000
_STEP_MS = 1000

_ENTER = """
INSERT INTO histories (run, owner, interaction_id)
SELECT :run, coalesce(student_key, -visitor_key), interaction_id FROM interactions
WHERE interaction_id >= :first AND interaction_id < :end ORDER BY 2, 3
"""
_NOTE = 'INSERT INTO history_runs (run, level, "rows") VALUES (:run, 2, :rows)'
_STUDENTS = "SELECT min(key), max(key) FROM customers"
_ITEMS = "SELECT min(key), max(key) FROM offers"


def fill(place: Place, rows: int = ROWS) -> float:
    """Store so many interactions, all older than those that loads send; answers the seconds it took."""
    start = time.perf_counter()
    registry = Registry(place.settings)
    database = registry.named(ORGANISATION)._core.database  # noqa: SLF001 (no request is as large)
    luck = np.random.default_rng(0)
    with database.read() as connection:
        keys = [tuple(connection.execute(text(query)).one()) for query in (_STUDENTS, _ITEMS)]
    for first in range(0, rows, _AT_ONCE):
        some = _rows(luck, first, min(_AT_ONCE, rows - first), *keys)
        database.write(partial(_insert, some))
    for first in range(0, rows, _RUN):
        database.write(partial(_enter, first, min(first + _RUN, rows)))
    with database.engine.connect() as connection:
        _settle(connection)
    registry.close()
    return time.perf_counter() - start


def _insert(rows: list[tuple[Any, ...]], transaction: Transaction) -> None:
    insert_rows(transaction.connection, interactions, COLUMNS, rows)


def _enter(first: int, end: int, transaction: Transaction) -> None:
    connection = transaction.connection
    if not is_sqlite(connection):
        return
    run = -1 - first // _RUN  # below those that the store counts
    bounds = {"first": _id_at(first), "end": _id_at(end)}
    connection.execute(text(_ENTER), {"run": run, **bounds})
    connection.execute(text(_NOTE), {"run": run, "rows": end - first})


def _settle(connection: Connection) -> None:
    """What either database does by itself in time."""
    if is_sqlite(connection):
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("VACUUM ANALYZE interactions")
        connection.exec_driver_sql("CHECKPOINT")


def _id_at(number: int) -> bytes:
    return (_FIRST_MS + number * _STEP_MS).to_bytes(6, "big") + bytes(10)


def _rows(
    luck: np.random.Generator, first: int, count: int, students: tuple[int, int], items: tuple[int, int]
) -> list[tuple[Any, ...]]:
    """Rows in the order of their ids; every tenth is under a pseudonym, the key of which is all there is of it."""
    milliseconds = _FIRST_MS + (first + np.arange(count)) * _STEP_MS
    ids = np.empty((count, 16), np.uint8)
    ids[:, :6] = milliseconds.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    ids[:, 6:] = luck.integers(0, 256, (count, 10), np.uint8)
    together = ids.tobytes()
    anonymous = luck.integers(0, _PSEUDONYM_EVERY, count) == 0
    student, visitor = (
        luck.integers(students[0], students[1] + 1, count),
        luck.integers(1, records.PSEUDONYMS, count),
    )
    columns = {
        "interaction_id": [together[at : at + 16] for at in range(0, len(together), 16)],
        "event_timestamp": (milliseconds * 1000).tolist(),
        "interaction_type": luck.integers(1, 5, count).tolist(),
        "item_type": [1] * count,
        "item_key": luck.integers(items[0], items[1] + 1, count).tolist(),
        "student_key": [None if one else key for one, key in zip(anonymous, student.tolist(), strict=True)],
        "visitor_key": [key if one else None for one, key in zip(anonymous, visitor.tolist(), strict=True)],
        "platform": luck.integers(1, 4, count).tolist(),
        "city": ["Manama"] * count,
        "country": ["Bahrain"] * count,
        "source": [None] * count,
        "recommendation_id": [None] * count,
        "received": [_FIRST_MS * 1000] * count,
    }
    return list(zip(*(columns[name] for name in COLUMNS), strict=True))
