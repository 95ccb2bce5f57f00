"""The rows of the uploaded types; every function serves all of them.

A row is a dict by column name, references as keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from cobi.domain.record_type import RecordType
from cobi.store import bulk
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.schema import ENTITIES

Row = dict[str, Any]


def fetch(connection: Connection, record_type: RecordType, ids: Collection[bytes]) -> dict[bytes, Row]:
    """The stored rows of these ids, with their `key`."""
    table = ENTITIES[record_type.name]
    identifier = table.c[record_type.id_field.column]
    names = ["key", *(field.column for field in record_type.fields)]
    found = bulk.fetch_rows(connection, [table.c[name] for name in names], identifier, ids)
    at = names.index(identifier.name)
    return {row[at]: dict(zip(names, row, strict=True)) for row in found}


def add(connection: Connection, record_type: RecordType, rows: Iterable[Row], now: int) -> None:
    """Insert new rows."""
    columns = [field.column for field in record_type.fields]
    values_of = itemgetter(*columns)
    values = [(*values_of(row), now) for row in rows]
    insert_rows(connection, ENTITIES[record_type.name], [*columns, "uploaded"], values)


def change(connection: Connection, record_type: RecordType, rows: Iterable[Row], now: int) -> None:
    """Overwrite stored rows, found by their `key`."""
    columns = ["key", *(field.column for field in record_type.fields)]
    values_of = itemgetter(*columns)
    values = [(*values_of(row), now) for row in rows]
    bulk.overwrite_rows(connection, ENTITIES[record_type.name], [*columns, "uploaded"], values)


@dataclass(frozen=True)
class Dates:
    """When a row was last changed by its own account (`updated`), and when it was uploaded."""

    updated: int | None
    uploaded: int


def dates(connection: Connection, record_type: RecordType, ids: Collection[bytes]) -> dict[bytes, Dates]:
    """The dates of the stored rows of these ids."""
    table = ENTITIES[record_type.name]
    identifier = table.c[record_type.id_field.column]
    found: dict[bytes, Dates] = {}
    for chunk in chunks(sorted(ids)):
        query = select(identifier, table.c.updated, table.c.uploaded).where(identifier.in_(chunk))
        found.update((row[0], Dates(row[1], row[2])) for row in connection.execute(query))
    return found


def date(connection: Connection, record_type: RecordType, moments: Mapping[bytes, int], now: int) -> None:
    """Let rows that were written `now` count as uploaded at these moments."""
    table = ENTITIES[record_type.name]
    identifier = table.c[record_type.id_field.column]
    written = (identifier == bindparam("at"), table.c.uploaded == now)
    statement = update(table).where(*written).values(uploaded=bindparam("moment"))
    if moments:
        connection.execute(statement, [{"at": one, "moment": moment} for one, moment in moments.items()])


def read(connection: Connection, record_type: RecordType, identifier: bytes) -> Row | None:
    """One stored record by field name, references as ids."""
    column = ENTITIES[record_type.name].c[record_type.id_field.column]
    row = connection.execute(_readable(record_type).where(column == identifier)).mappings().first()
    return None if row is None else dict(row)


def page(connection: Connection, record_type: RecordType, limit: int, after: int) -> list[Row]:
    """Up to `limit` records in upload order behind the row with key `after`, each with its `key`."""
    table = ENTITIES[record_type.name]
    query = _readable(record_type).add_columns(table.c.key.label("key")).where(table.c.key > after)
    found = connection.execute(query.order_by(table.c.key).limit(limit))
    return [dict(row) for row in found.mappings()]


def of(connection: Connection, record_type: RecordType, column: str, key: int) -> list[Row]:
    """The records whose `column` refers to this key, by field name, in upload order."""
    table = ENTITIES[record_type.name]
    found = connection.execute(
        _readable(record_type).where(table.c[column] == key).order_by(table.c.key)
    ).mappings()
    return [dict(row) for row in found]


def count(connection: Connection, record_type: RecordType) -> tuple[int, int | None]:
    """How many records are stored, and when the last one was uploaded."""
    table = ENTITIES[record_type.name]
    counted, last = connection.execute(
        select(func.count(), func.max(table.c.uploaded)).select_from(table)
    ).one()
    return counted, last


def is_there_any(connection: Connection, record_type: RecordType) -> bool:
    """Whether a record of this type is stored."""
    return connection.scalar(select(ENTITIES[record_type.name].c.key).limit(1)) is not None


def _readable(record_type: RecordType) -> Query:
    """A query of all fields by name, with the ids of what they refer to in place of keys."""
    table = ENTITIES[record_type.name]
    targets = {field.name: ENTITIES[to].alias(f"of_{field.name}") for field, to in record_type.references}
    columns = [
        (targets[field.name].columns.values()[1] if field.name in targets else table.c[field.column]).label(
            field.name
        )
        for field in record_type.fields
    ]
    joined: Any = table
    for field, _to in record_type.references:
        target = targets[field.name]
        joined = joined.outerjoin(target, target.c.key == table.c[field.column])
    return select(*columns).select_from(joined)
