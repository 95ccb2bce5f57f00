"""A PostgreSQL database that is put back to what its template holds after each test, instead of being copied anew.

Copying makes some six hundred files. Putting it back deletes the few rows of a test and takes the template's own in
again. Where a test changed what tables there are, the database is dropped and copied after all.
"""

from __future__ import annotations

from itertools import count
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import make_url

from tests.postgresql import create_database, drop_database

Connection = psycopg.Connection[tuple[object, ...]]
_numbers = count(1)

Name = tuple[str, str]
"""A schema's, and that of a table or sequence in it."""

_TABLES = """
SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
_SEQUENCES = "SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2"
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# What is created, changed or dropped has other rows here; what is only filled has the same.
_SHAPE = SQL(" UNION ALL ").join(
    SQL("SELECT {}, count(*), sum(hashtext(oid::text || ' ' || xmin::text)) FROM {}").format(
        Literal(catalog), Identifier(catalog)
    )
    for catalog in (
        *("pg_class", "pg_namespace", "pg_constraint", "pg_type"),
        *("pg_proc", "pg_trigger", "pg_attrdef"),
    )
)


class ReusedDatabase:
    """Lent to one test after another."""

    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._url: str | None = None
        with _connected(_address(server, template)) as connection:
            self._tables = _names(connection, _TABLES)
            self._rows = {table: _copy_out(connection, table) for table in self._tables}
            self._sequences = {
                name: connection.execute(
                    SQL("SELECT last_value, is_called FROM {}").format(Identifier(*name))
                ).fetchone()
                for name in _names(connection, _SEQUENCES)
            }

    def lend(self) -> str:
        """The address of a database that is like the template."""
        if self._url is None:
            self._name = f"test_{next(_numbers)}"
            self._url = create_database(self._server, self._name, self._template)
            with _connected(self._url) as connection:
                self._shape = connection.execute(_SHAPE).fetchall()
        return self._url

    def take_back(self) -> None:
        """Put it back to what it was; whoever is still connected is not any more."""
        assert self._url is not None
        with _connected(self._url) as connection:
            connection.execute(_END_OTHERS)
            if connection.execute(_SHAPE).fetchall() == self._shape:
                self._put_back(connection)
                return
        drop_database(self._server, self._name)
        self._url = None

    def _put_back(self, connection: Connection) -> None:
        # Without triggers and the checks of foreign keys, so that any order will do.
        connection.execute("SET session_replication_role = replica")
        emptied = [SQL("DELETE FROM {}").format(Identifier(*table)) for table in self._tables]
        connection.execute(SQL("; ").join(emptied))
        for table, rows in self._rows.items():
            if rows:
                with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(*table))) as copy:
                    copy.write(rows)
        for name, state in self._sequences.items():
            place = Identifier(*name).as_string()
            connection.execute("SELECT setval(%s::regclass, %s, %s)", (place, *(state or (1, False))))


def _names(connection: Connection, query: LiteralString) -> list[Name]:
    return [(str(schema), str(name)) for schema, name in connection.execute(query)]


def _copy_out(connection: Connection, table: Name) -> bytes:
    with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(*table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _address(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _connected(url: str) -> Connection:
    parts = make_url(url)
    host = str(parts.query["host"])
    return psycopg.connect(dbname=parts.database, user="postgres", host=host, autocommit=True)
