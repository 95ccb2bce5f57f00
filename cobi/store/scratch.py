"""Databases for a while: beside nobody's data, and gone afterwards, however it ends.

In SQLite they lie in a temporary directory. In PostgreSQL they are schemas that no organisation's can be taken for,
as those have no dash; what a run that was killed left behind goes with the next one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, make_url

from cobi.domain.moments import HOUR
from cobi.store.dialect import CONNECT_TIMEOUT_SECONDS
from cobi.store.failures import translating
from cobi.store.places import Places, PostgresqlSchemas, SqliteFiles

_PREFIX = "cobi-scratch-"
_LEFT_BEHIND = HOUR


@contextmanager
def scratch(database_url: str | None, now: int) -> Generator[tuple[Places, str]]:
    """Places for a while, and in words where they are; in PostgreSQL where an address is set and allows it."""
    if database_url:
        engine = _administering(database_url)
        try:
            if _may_make_schemas(engine):
                with _schemas(engine, database_url, now) as places:
                    yield places, "schemas of their own in PostgreSQL"
                return
        finally:
            engine.dispose()
    where = "SQLite files in a temporary directory"
    if database_url:
        where += ", as this user of PostgreSQL may make no schemas"
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as directory:
        yield SqliteFiles(Path(directory)), where


@contextmanager
def _schemas(engine: Engine, url: str, now: int) -> Generator[Places]:
    with translating(), engine.begin() as connection:
        for schema in _present(connection):
            if now - _made(schema) > _LEFT_BEHIND:
                _drop(connection, schema)
    prefix = f"{_PREFIX}{now:x}"
    try:
        yield PostgresqlSchemas(url, prefix)
    finally:
        with translating(), engine.begin() as connection:
            for schema in _present(connection):
                if schema.startswith(prefix):
                    _drop(connection, schema)


def _administering(url: str) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )


def _may_make_schemas(engine: Engine) -> bool:
    with translating(), engine.begin() as connection:
        asked = "SELECT has_database_privilege(current_database(), 'CREATE')"
        return bool(connection.exec_driver_sql(asked).scalar())


def _present(connection: Connection) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY nspname"
    return list(connection.exec_driver_sql(query, (_PREFIX,)).scalars())


def _made(schema: str) -> int:
    """When it was made, by its name; never for one whose name says nothing of it: that one stays."""
    digits = schema.removeprefix(_PREFIX).partition("_")[0]
    try:
        return int(digits, 16)
    except ValueError:
        return 2**62


def _drop(connection: Connection, schema: str) -> None:
    connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
