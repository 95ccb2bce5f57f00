"""Inserting many rows by each driver's quickest way, which can be made ready ahead of the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, insert

from cobi.store.binary_copy import pack
from cobi.store.dialect import is_sqlite

VALUES_AT_ONCE = 32_000
"""SQLite takes 32,766 parameters a statement."""

_COPY_FROM_ROWS = 20
"""Below this many rows a plain INSERT is quicker than a COPY."""


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
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
    else:
        insert_ready(connection, make_ready(is_sqlite(connection), table, columns, rows))


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
