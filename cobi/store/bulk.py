"""Many rows at once by each driver's own ways: found by their ids, overwritten by their keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table

from cobi.store.columns import Uuid16
from cobi.store.dialect import is_sqlite
from cobi.store.inserting import VALUES_AT_ONCE, as_bytes, copy_rows, sizes

_IDS_AT_ONCE = 5_000


def fetch_rows(
    connection: Connection,
    columns: Sequence[Column[Any]],
    by: Column[Any],
    wanted: Collection[Any],
    *,
    further: str = "",
) -> list[tuple[Any, ...]]:
    """The rows whose `by`, an id or a text, is wanted: tuples in the order of the columns, ids as bytes.

    `further` is the end of the SQL statement: more conditions, an order.
    """
    # In the order of the index, neighbours are found on the same pages.
    ordered, found = sorted(wanted), list[tuple[Any, ...]]()
    fetch = _fetch_sqlite if is_sqlite(connection) else _fetch_postgresql
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        found += fetch(connection, columns, by, ordered[start : start + _IDS_AT_ONCE], further)
    return found


def overwrite_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Overwrite stored rows, given in the order of `columns`, the first of which is their `key`."""
    if not rows:
        return
    if is_sqlite(connection):
        _overwrite_sqlite(connection, table, columns, rows)
    else:
        _overwrite_postgresql(connection, table, columns, rows)


def _fetch_sqlite(
    connection: Connection,
    columns: Sequence[Column[Any]],
    by: Column[Any],
    wanted: Sequence[Any],
    further: str,
) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{column.name}"' for column in columns)
    found: list[tuple[Any, ...]] = []
    for start, size in sizes(len(wanted), _IDS_AT_ONCE):
        marks = ", ".join("?" * size)
        statement = f'SELECT {names} FROM "{by.table}" WHERE "{by.name}" IN ({marks}) {further}'  # noqa: S608 (the schema's own names)
        found += _driver(connection).execute(statement, wanted[start : start + size]).fetchall()
    return found


def _fetch_postgresql(
    connection: Connection,
    columns: Sequence[Column[Any]],
    by: Column[Any],
    wanted: Sequence[Any],
    further: str,
) -> list[tuple[Any, ...]]:
    names = as_bytes(columns)
    of_ids = isinstance(by.type, Uuid16)
    kind, values = ("uuid", [each.hex() for each in wanted]) if of_ids else ("text", list(wanted))
    statement = f'SELECT {names} FROM "{by.table}" WHERE "{by.name}" = ANY(%s::{kind}[]) {further}'  # noqa: S608 (the schema's own names)
    with _driver(connection).cursor(binary=True) as cursor:
        return cursor.execute(statement, (values,)).fetchall()


def _overwrite_sqlite(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    # An UPDATE takes one row, and the driver hands the interpreter over at each; an upsert takes many.
    names = ", ".join(f'"{column}"' for column in columns)
    changes = ", ".join(f'"{column}" = excluded."{column}"' for column in columns[1:])
    marks = f"({', '.join('?' * len(columns))})"
    for start, size in sizes(len(rows), VALUES_AT_ONCE // len(columns)):
        values = ", ".join([marks] * size)
        statement = (
            f'INSERT INTO "{table.name}" ({names}) VALUES {values} '  # noqa: S608 (the schema's own names)
            f'ON CONFLICT ("{columns[0]}") DO UPDATE SET {changes}'
        )
        _driver(connection).execute(statement, tuple(chain.from_iterable(rows[start : start + size])))


def _overwrite_postgresql(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    staged = f"changed_{table.name}"
    names = ", ".join(f'"{column}"' for column in columns)
    changes = ", ".join(f'"{column}" = staged."{column}"' for column in columns[1:])
    key = columns[0]
    driver = _driver(connection)
    driver.execute(
        f'CREATE TEMP TABLE IF NOT EXISTS "{staged}" ON COMMIT DELETE ROWS AS '  # noqa: S608 (the schema's own names)
        f'SELECT {names} FROM "{table.name}" WITH NO DATA'
    )
    # An earlier job of the same transaction may have left its rows.
    driver.execute(f'DELETE FROM "{staged}"')  # noqa: S608 (the schema's own names)
    copy_rows(connection, table, columns, rows, into=f"pg_temp.{staged}")
    driver.execute(
        f'UPDATE "{table.name}" SET {changes} FROM "{staged}" AS staged '  # noqa: S608 (the schema's own names)
        f'WHERE "{table.name}"."{key}" = staged."{key}"'
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
