"""What SQLite and PostgreSQL do differently: connecting, locking and inserting many rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, make_url

BUSY_TIMEOUT_SECONDS = 60
"""How long a process waits for another one's write transaction."""

CONNECT_TIMEOUT_SECONDS = 5
"""How long PostgreSQL may take to answer a new connection."""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-65536",  # KiB
    # What a savepoint might have to undo: written to a file it would double the work of a large batch.
    "temp_store=MEMORY",
    # In pages of 4 KiB. Random ids touch the same pages again and again; checkpointed rarely, they are copied once.
    "wal_autocheckpoint=8000",
)

_WRITE_LOCK = 0x436F6269
"""The advisory lock of a schema's writer ("Cobi" in ASCII)."""

_ROWS_AT_ONCE = 250
"""SQLite takes 32,766 parameters a statement."""

_COPY_FROM_ROWS = 20
"""Below this many rows a plain INSERT is quicker than a COPY."""


def sqlite_engine(path: str, *, durable: bool = True) -> Engine:
    """An engine on a SQLite file: WAL, synchronous=FULL, foreign keys on.

    Where not `durable`, commits do not wait for the disk: a power cut may take the last ones, and harms nothing.
    """
    engine = create_engine(
        URL.create("sqlite", database=path),
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        pool_size=16,
        max_overflow=32,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy's transactions are begun by `begin` below, not by the driver's guesses.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not durable:
            connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def postgresql_engine(url: str, schema: str, *, durable: bool = True) -> Engine:
    """An engine whose connections live in one schema; `durable` as above."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        pool_size=16,
        max_overflow=32,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.execute(f'SET search_path TO "{schema}"')
        connection.execute(f"SET lock_timeout TO '{BUSY_TIMEOUT_SECONDS}s'")
        if not durable:
            connection.execute("SET synchronous_commit TO off")
        connection.commit()

    return engine


def reading(engine: Engine) -> Engine:
    """The engine for transactions whose queries all see the same moment."""
    # In SQLite every transaction is such a one.
    return engine.execution_options(isolation_level="REPEATABLE READ") if _is_postgresql(engine) else engine


def lock_for_writing(connection: Connection) -> None:
    """Make this the organisation's only write transaction, across all processes, until it ends."""
    # In SQLite `BEGIN IMMEDIATE` has done it.
    if _is_postgresql(connection):
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", (_WRITE_LOCK,)
        )


@contextmanager
def overwriting_deleted(connection: Connection) -> Generator[None]:
    """Have SQLite overwrite what is deleted; PostgreSQL does so when it vacuums."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, given as tuples in the order of `columns`, by the driver's quickest way."""
    rows = list(rows)
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _insert_many_at_once(connection, table, columns, rows)
    elif len(rows) < _COPY_FROM_ROWS:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
    else:
        _copy(connection, table, columns, rows)


def _insert_many_at_once(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert many rows by each statement.

    The driver hands the interpreter's lock over once for each statement: row by row, every other thread at work
    would come in between.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    marks = f"({', '.join('?' * len(columns))})"
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[start : start + _ROWS_AT_ONCE]
        values = ", ".join([marks] * len(chunk))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES {values}'  # noqa: S608 (the schema's own names)
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(chunk)))


def _copy(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    processors = [
        table.c[column].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for column in columns
    ]
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(
                [value if bind is None else bind(value) for bind, value in zip(processors, row, strict=True)]
            )


def _is_postgresql(bind: Engine | Connection) -> bool:
    return bind.dialect.name == "postgresql"
