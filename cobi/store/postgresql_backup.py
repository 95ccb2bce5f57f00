"""A logical copy of PostgreSQL schemas: each table by COPY, each schema in one REPEATABLE READ transaction.

What was committed before a schema's transaction began is in its copy. Everything is put back in one transaction.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, inspect, make_url

from cobi.domain.errors import Conflict, Misconfigured
from cobi.store.archive import ArchivedDatabase, ArchivedFile, Manifest, damaged, described
from cobi.store.migrate import CONTROL, ORGANISATION, upgrade_to

ENGINE = "postgresql"

_CONTROL_SCHEMA = "cobi"
_VERSIONS = "alembic_version"
_BLOCK = 1 << 20


def back_up(url: str, into: Path) -> list[ArchivedDatabase]:
    """Copy the control schema and every organisation's."""
    with _transaction(url, _CONTROL_SCHEMA) as connection:
        if not _exists(connection, _CONTROL_SCHEMA):
            raise Misconfigured("there are no data in this database", hint="look at COBI_DATABASE_URL")
        copies = [_copy(connection, into, _CONTROL_SCHEMA, CONTROL)]
        schemas = [
            f"{_CONTROL_SCHEMA}_{row[0]}"
            for row in connection.exec_driver_sql("SELECT place FROM organisations ORDER BY key")
        ]
    for schema in schemas:
        with _transaction(url, schema) as connection:
            # An organisation that has a key but was never used has no schema yet.
            if _exists(connection, schema):
                copies.append(_copy(connection, into, schema, ORGANISATION))
    return copies


def restore(archive: Path, manifest: Manifest, url: str, *, force: bool) -> None:
    """Make a backup's schemas, in place of those that are there."""
    with _transaction(url, "public", isolation="READ COMMITTED") as connection:
        _refuse_used(connection)
        present = _present(connection, manifest)
        if present and not force:
            raise Conflict(
                "the PostgreSQL database has data already",
                code="data_not_empty",
                hint="--force replaces them",
            )
        for schema in {*present, _CONTROL_SCHEMA}:
            connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        for database in manifest.databases:
            _put_back(connection, archive, database)


@contextmanager
def _transaction(url: str, schema: str, isolation: Any = "REPEATABLE READ") -> Generator[Connection]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level=isolation)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
            yield connection
    finally:
        engine.dispose()


def _copy(connection: Connection, into: Path, schema: str, migrations: str) -> ArchivedDatabase:
    (into / schema).mkdir()
    rows: dict[str, int] = {}
    files: list[ArchivedFile] = []
    last_keys: dict[str, int] = {}
    for table in _tables(connection, schema):
        path = into / schema / f"{table}.copy"
        written = _copy_out(connection, table, path)
        [rows[table]] = connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').one()  # noqa: S608
        if written != rows[table]:
            raise damaged(f"{path.name} has {written} rows, not {rows[table]}")
        files.append(described(into, path))
        if (sequence := _sequence(connection, schema, table)) is not None:
            [last_keys[table]] = connection.exec_driver_sql(f"SELECT last_value FROM {sequence}").one()  # noqa: S608
    [version] = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSIONS}").one()  # noqa: S608
    return ArchivedDatabase(schema, migrations, version, rows, files, last_keys)


def _put_back(connection: Connection, archive: Path, database: ArchivedDatabase) -> None:
    schema = database.place
    connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
    connection.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
    upgrade_to(connection, database.migrations, database.schema)
    for (table, rows), file in zip(database.rows.items(), database.files, strict=True):
        if _copy_in(connection, table, archive / file.path) != rows:
            raise damaged(f"{file.path} does not have {rows} rows")
        sequence = _sequence(connection, schema, table)
        if sequence is not None:
            connection.exec_driver_sql("SELECT setval(%s, %s)", (sequence, database.last_keys[table]))


def _copy_out(connection: Connection, table: str, path: Path) -> int:
    """Write a table as COPY's text, one line a row; how many rows that were."""
    driver: Any = connection.connection.driver_connection
    written = 0
    statement = f'COPY "{table}" ({_columns(connection, table)}) TO STDOUT'
    with path.open("wb") as file, driver.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            # Line ends inside a value are written as \n.
            written += bytes(block).count(b"\n")
            file.write(block)
    return written


def _copy_in(connection: Connection, table: str, path: Path) -> int:
    driver: Any = connection.connection.driver_connection
    statement = f'COPY "{table}" ({_columns(connection, table)}) FROM STDIN'
    with path.open("rb") as file, driver.cursor() as cursor:
        with cursor.copy(statement) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        return cursor.rowcount


def _columns(connection: Connection, table: str) -> str:
    """A table's columns by name, so that both sides agree on their order."""
    names = connection.exec_driver_sql(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s ORDER BY column_name",
        (table,),
    )
    return ", ".join(f'"{row[0]}"' for row in names)


def _tables(connection: Connection, schema: str) -> list[str]:
    """A schema's tables, each after those it refers to."""
    ordered = inspect(connection).get_sorted_table_and_fkc_names(schema)
    return [table for table, _ in ordered if table is not None and table != _VERSIONS]


def _sequence(connection: Connection, schema: str, table: str) -> str | None:
    """What numbers a table's rows, quoted."""
    column = connection.exec_driver_sql(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s AND is_identity = 'YES'",
        (schema, table),
    ).scalar()
    if column is None:
        return None
    named = (f'"{schema}"."{table}"', column)
    return connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", named).scalar_one()


def _exists(connection: Connection, schema: str) -> bool:
    return inspect(connection).has_table(_VERSIONS, schema)


def _present(connection: Connection, manifest: Manifest) -> list[str]:
    """The schemas that hold data, of those that are there and those that are to be made."""
    wanted = {database.place for database in manifest.databases} - {_CONTROL_SCHEMA}
    present = {schema for schema in wanted if _exists(connection, schema)}
    if inspect(connection).has_table("organisations", _CONTROL_SCHEMA):
        places = connection.exec_driver_sql(f"SELECT place FROM {_CONTROL_SCHEMA}.organisations")  # noqa: S608
        present |= {f"{_CONTROL_SCHEMA}_{row[0]}" for row in places}
    return sorted(present)


def _refuse_used(connection: Connection) -> None:
    """Raise Conflict while others are connected: a server would go on with what it remembers of the old data."""
    others = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).scalar_one()
    if others:
        raise Conflict(
            f"{others} other connections are open on this PostgreSQL database",
            code="data_in_use",
            hint="stop the servers first",
        )
