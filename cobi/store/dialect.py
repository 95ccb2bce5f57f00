"""What SQLite and PostgreSQL do differently: connecting and locking."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Engine, create_engine, event, func, make_url

from cobi.store.binary_arrays import PackedArray, PackedArrayDumper
from cobi.store.failures import cause_of

BUSY_TIMEOUT_SECONDS = 60
"""How long a process waits for another one's write transaction."""

CONNECT_TIMEOUT_SECONDS = 5
"""How long PostgreSQL may take to answer a new connection."""

LOG_PAGES = 8000
"""Of 4 KiB, in SQLite's write-ahead log; with so many a commit copies them.

Random ids touch the same pages again and again; copied rarely, they are copied once.
"""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # What a savepoint might have to undo: written to a file it would double the work of a large batch.
    "temp_store=MEMORY",
    f"wal_autocheckpoint={LOG_PAGES}",
)

READER_CACHE_KIB, WRITER_CACHE_KIB = 4 * 1024, 64 * 1024
"""Of SQLite's pages, for each connection: there are many readers, and the system keeps the file's pages for all."""

_STATEMENTS = 512
"""How many statements each connection keeps prepared: those for so many rows at once are one for each number."""

_WRITE_LOCK = 0x436F6269
"""The advisory lock of a schema's writer ("Cobi" in ASCII)."""

_LOCK = f"SELECT pg_advisory_xact_lock({_WRITE_LOCK}, hashtext(current_schema()))"


def sqlite_engine(
    path: str, *, durable: bool = True, connections: int = 16, cache_kib: int = READER_CACHE_KIB
) -> Engine:
    """An engine on a SQLite file: WAL, synchronous=FULL, foreign keys on.

    Where not `durable`, commits do not wait for the disk: a power cut may take the last ones, and harms nothing.
    """
    engine = create_engine(
        URL.create("sqlite", database=path),
        connect_args={
            "timeout": BUSY_TIMEOUT_SECONDS,
            "check_same_thread": False,
            "cached_statements": _STATEMENTS,
        },
        pool_size=connections,
        max_overflow=2 * connections,
        # The one last used has its pages at hand.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy's transactions are begun by `begin` below, not by the driver's guesses.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA cache_size=-{cache_kib}")
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
        connection.adapters.register_dumper(PackedArray, PackedArrayDumper)
        connection.execute(f'SET search_path TO "{schema}"')
        connection.execute(f"SET lock_timeout TO '{BUSY_TIMEOUT_SECONDS}s'")
        if not durable:
            connection.execute("SET synchronous_commit TO off")
        connection.commit()

    return engine


def writing(engine: Engine) -> Engine:
    """The engine for the one writer of a database: in SQLite a connection of its own, with room for many pages."""
    if not is_sqlite(engine):
        return engine
    return sqlite_engine(str(engine.url.database), connections=1, cache_kib=WRITER_CACHE_KIB)


def reading(engine: Engine) -> Engine:
    """The engine for transactions whose queries all see the same moment."""
    # In SQLite every transaction is such a one.
    return engine.execution_options(isolation_level="REPEATABLE READ") if _is_postgresql(engine) else engine


def lock_for_writing(connection: Connection) -> None:
    """Make this the organisation's only write transaction, across all processes, until it ends."""
    # In SQLite `BEGIN IMMEDIATE` has done it.
    if _is_postgresql(connection):
        connection.exec_driver_sql(_LOCK)


def beginning_by_itself(engine: Engine) -> Engine:
    """The engine for transactions that `begin_writing` begins."""
    options: dict[str, Any] = {} if is_sqlite(engine) else {"isolation_level": "AUTOCOMMIT"}
    return engine.execution_options(writing=True, **options)


def without_transactions(engine: Engine) -> Engine:
    """The engine for single statements that the driver itself is asked."""
    # In SQLite SQLAlchemy would begin a transaction only for what goes through it.
    return engine if is_sqlite(engine) else engine.execution_options(isolation_level="AUTOCOMMIT")


def begin_writing(connection: Connection, look: str) -> list[tuple[Any, ...]]:
    """Begin the organisation's only write transaction and ask a query, which has no parameters, as its first.

    The connection is of an engine `beginning_by_itself`, and has been begun as far as SQLAlchemy knows.
    """
    driver: Any = connection.connection.driver_connection
    if is_sqlite(connection):
        return driver.execute(look).fetchall()
    # One wait for the server instead of three; each statement sees what was committed when it begins.
    cursor = driver.execute(f"BEGIN; {_LOCK}; {look}", prepare=False)
    while cursor.nextset():
        pass
    return cursor.fetchall()


@contextmanager
def sent_together(connection: Connection) -> Generator[None]:
    """Wait for PostgreSQL once for all the block's statements, none of whose results may be asked for."""
    if is_sqlite(connection):
        yield
        return
    driver: Any = connection.connection.driver_connection
    with driver.pipeline():
        yield


def run(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> Any:
    """Run one of the few statements of every commit by the driver alone; `?` stands for a parameter.

    SQLAlchemy would take longer to hand such a statement over than the database to run it.
    """
    driver: Any = connection.connection.driver_connection
    return driver.execute(statement if is_sqlite(connection) else statement.replace("?", "%s"), parameters)


@contextmanager
def savepoint(connection: Connection, name: str) -> Generator[None]:
    """Undo what the block did if it raises; the name must be no other one's inside or around it."""
    run(connection, f"SAVEPOINT {name}")
    try:
        yield
    except Exception as failure:
        if cause_of(failure) is None:
            run(connection, f"ROLLBACK TO SAVEPOINT {name}")
            run(connection, f"RELEASE SAVEPOINT {name}")
        # Otherwise the database may have rolled back everything by itself: no savepoint is left to go back to.
        raise
    run(connection, f"RELEASE SAVEPOINT {name}")


@contextmanager
def without_foreign_keys(engine: Engine) -> Generator[Connection]:
    """A write transaction that may rebuild tables; SQLite looks at the keys between them when it is done.

    "Making Other Kinds Of Table Schema Changes" in SQLite's manual of ALTER TABLE.
    """
    with engine.execution_options(writing=True).connect() as connection:
        if not is_sqlite(connection):
            with connection.begin():
                yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError(f"a row of {broken[0]} would refer to none of {broken[2]}")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


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


def joined_hex(connection: Connection, column: ColumnElement[bytes]) -> ColumnElement[str]:
    """All values of a group one after another, in hexadecimal, in any order: made where the interpreter is free."""
    if is_sqlite(connection):
        return func.group_concat(func.hex(column), "")
    return func.string_agg(func.encode(column, "hex"), "")


def is_lost(connection: Connection) -> bool:
    """Whether the server can no longer be reached by this connection."""
    if connection.invalidated or is_sqlite(connection):
        return connection.invalidated
    driver: Any = connection.connection.driver_connection
    return driver.closed


def is_sqlite(bind: Engine | Connection) -> bool:
    """Whether this is the embedded database."""
    return bind.dialect.name == "sqlite"


def _is_postgresql(bind: Engine | Connection) -> bool:
    return bind.dialect.name == "postgresql"
