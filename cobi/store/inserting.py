"""Inserting many rows by each driver's quickest way, which can be made ready ahead of the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql

from cobi.store.binary_arrays import PackedArray, packed
from cobi.store.binary_copy import pack
from cobi.store.columns import Uuid16
from cobi.store.dialect import is_sqlite

VALUES_AT_ONCE = 32_000
"""SQLite takes 32,766 parameters a statement."""

_ADDED_AT_ONCE = 500

_COPY_FROM_ROWS = 20
"""Below this many rows one INSERT is quicker than a COPY, which waits for the server twice."""

_POSTGRESQL = postgresql.dialect()


@dataclass(frozen=True)
class ReadyRows:
    """Rows as the driver takes them: statements with their values for SQLite, a COPY's bytes for PostgreSQL."""

    statements: Sequence[tuple[str, Sequence[Any]]] = ()
    copy: tuple[str, bytes] | None = None


def make_ready(
    sqlite: bool, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> ReadyRows:
    """Make rows ready that are given as tuples in the order of `columns`."""
    if not rows:
        return ReadyRows()
    if not sqlite:
        return ReadyRows(copy=_copy(table, columns, rows, f'"{table.name}"'))
    # The driver hands the interpreter's lock over once for each statement: row by row, every other thread at work
    # would come in between.
    return ReadyRows(
        [
            (
                _insert_statement(table.name, tuple(columns), size),
                tuple(chain.from_iterable(rows[start : start + size])),
            )
            for start, size in sizes(len(rows), VALUES_AT_ONCE // len(columns))
        ]
    )


def insert_ready(connection: Connection, ready: ReadyRows) -> None:
    """Insert rows that were made ready for this kind of database."""
    driver: Any = connection.connection.driver_connection
    for statement, values in ready.statements:
        driver.execute(statement, values)
    if ready.copy is not None:
        _send(driver, *ready.copy)


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, given as tuples in the order of `columns`."""
    rows = list(rows)
    if not is_sqlite(connection) and 0 < len(rows) < _COPY_FROM_ROWS:
        driver: Any = connection.connection.driver_connection
        driver.execute(_insert_arrays(table, tuple(columns)), _arrays(table, columns, rows))
    else:
        insert_ready(connection, make_ready(is_sqlite(connection), table, columns, rows))


def insert_if_new(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    told: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Insert a few rows in one statement, but for those whose like is stored; answers the columns `told` of the others.

    What is alike, the table's unique columns say; ids come as bytes.
    """
    driver: Any = connection.connection.driver_connection
    if is_sqlite(connection):
        names = ", ".join(f'"{name}"' for name in told)
        statement = _insert_statement(table.name, tuple(columns), len(rows))
        values = tuple(chain.from_iterable(rows))
        return driver.execute(f"{statement} ON CONFLICT DO NOTHING RETURNING {names}", values).fetchall()
    statement = (
        f"{_insert_arrays(table, tuple(columns))} ON CONFLICT DO NOTHING "
        f"RETURNING {as_bytes([table.c[name] for name in told])}"
    )
    with driver.cursor(binary=True) as cursor:
        return cursor.execute(statement, _arrays(table, columns, rows)).fetchall()


def add_to_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, given as tuples of all columns; where a key is stored, add what is beside it to what is there."""
    driver: Any = connection.connection.driver_connection
    columns = tuple(table.columns.keys())
    if is_sqlite(connection):
        for start, size in sizes(len(rows), _ADDED_AT_ONCE):
            values = tuple(chain.from_iterable(rows[start : start + size]))
            driver.execute(f"{_insert_statement(table.name, columns, size)} {_adding(table)}", values)
    elif rows:
        statement = f"{_insert_arrays(table, columns)} {_adding(table)}"
        driver.execute(statement, _arrays(table, columns, rows))


@cache
def _adding(table: Table) -> str:
    keys, columns = table.primary_key.columns.keys(), table.columns.keys()
    changes = ", ".join(f"{one} = {table.name}.{one} + excluded.{one}" for one in columns if one not in keys)
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"


def as_bytes(columns: Iterable[Column[Any]]) -> str:
    """Columns as PostgreSQL is asked for them: ids as their bytes."""
    return ", ".join(
        f'uuid_send("{column.name}")' if isinstance(column.type, Uuid16) else f'"{column.name}"'
        for column in columns
    )


def _arrays(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[PackedArray]:
    """An array for each column."""
    each = zip(columns, zip(*rows, strict=True), strict=True)
    return [packed(table.c[name], values) for name, values in each]


@cache
def _insert_arrays(table: Table, columns: tuple[str, ...]) -> str:
    """One statement for any number of rows, which so stays prepared: an array for each column."""
    names = ", ".join(f'"{column}"' for column in columns)
    kinds = (table.c[column].type.compile(dialect=_POSTGRESQL) for column in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({arrays})'  # noqa: S608 (the schema's own names)


def copy_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], into: str
) -> None:
    """Send rows to PostgreSQL by COPY into another table like this one."""
    _send(connection.connection.driver_connection, *_copy(table, columns, rows, into))


def sizes(count: int, most: int) -> Iterable[tuple[int, int]]:
    """Slices that make up `count`: where each starts and its size.

    Large ones are of two sizes only, so that the driver finds their statements prepared.
    """
    start = 0
    for size in (most, max(most // 10, 1)):
        while count - start >= size:
            yield start, size
            start += size
    if start < count:
        yield start, count - start


@cache
def _insert_statement(table: str, columns: tuple[str, ...], rows: int) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    return f'INSERT INTO "{table}" ({names}) VALUES {values}'  # noqa: S608 (the schema's own names)


def _copy(
    table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], into: str
) -> tuple[str, bytes]:
    names = ", ".join(f'"{column}"' for column in columns)
    packed = pack([table.c[column] for column in columns], rows)
    return f"COPY {into} ({names}) FROM STDIN (FORMAT BINARY)", packed


def _send(driver: Any, statement: str, packed: bytes) -> None:
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(packed)
