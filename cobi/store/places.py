"""Where databases lie: SQLite files in the data directory, or schemas of one PostgreSQL database."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, make_url

from cobi.domain.errors import Misconfigured
from cobi.metrics.metrics import Meter
from cobi.store.control import Control, Organisation
from cobi.store.database import PATIENCE_SECONDS, Database
from cobi.store.dialect import postgresql_engine, sqlite_engine
from cobi.store.failures import translating

_PLACE = re.compile(r"[^a-z0-9]+")
_LONGEST_PLACE = 40


class Places(Protocol):
    """Opens the control database and the organisations' own."""

    def control(self) -> Control:
        """Open the control database, made if need be."""
        ...

    def organisation(
        self, organisation: Organisation, meter: Meter | None = None, patience: float = PATIENCE_SECONDS
    ) -> Database:
        """Open an organisation's database, made if need be."""
        ...


class SqliteFiles:
    """The embedded default: `control.db` and `organisations/NAME.db` in a directory."""

    def __init__(self, directory: Path) -> None:
        try:
            (directory / "organisations").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"cannot use {directory} for data: {error.strerror}", hint="choose another --data"
            ) from error
        self._directory = directory

    def control(self) -> Control:
        """Open the control database, made if need be."""
        path = str(self._directory / "control.db")
        return Control(sqlite_engine(path), sqlite_engine(path, durable=False))

    def organisation(
        self, organisation: Organisation, meter: Meter | None = None, patience: float = PATIENCE_SECONDS
    ) -> Database:
        """Open an organisation's database, made if need be."""
        path = self._directory / "organisations" / f"{organisation.place}.db"
        return Database(sqlite_engine(str(path)), meter=meter, patience=patience)


class PostgresqlSchemas:
    """One PostgreSQL database for several nodes: schema `cobi` for control, `cobi_NAME` per organisation."""

    def __init__(self, url: str, prefix: str = "cobi") -> None:
        self._url, self._prefix = url, prefix
        if make_url(url).get_backend_name() != "postgresql":
            raise Misconfigured(
                "COBI_DATABASE_URL must be a postgresql:// address", hint="leave it out for SQLite"
            )

    def control(self) -> Control:
        """Open the control database, made if need be."""
        return Control(self._engine(self._prefix), postgresql_engine(self._url, self._prefix, durable=False))

    def organisation(
        self, organisation: Organisation, meter: Meter | None = None, patience: float = PATIENCE_SECONDS
    ) -> Database:
        """Open an organisation's database, made if need be."""
        return Database(self._engine(f"{self._prefix}_{organisation.place}"), meter=meter, patience=patience)

    def _engine(self, schema: str) -> Engine:
        engine = postgresql_engine(self._url, schema)
        with translating(), engine.begin() as connection:
            # Two processes making the same schema at once would fail one of them without the lock.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (schema,))
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        return engine


def place_of(name: str) -> str:
    """A file and schema name for an organisation, its own even where names differ only in case or signs."""
    place = _PLACE.sub("_", name.lower()).strip("_")[:_LONGEST_PLACE]
    if not place:
        raise Misconfigured(
            f"an organisation's name needs a letter or a digit from a to z, {name!r} has none"
        )
    return place if place == name else f"{place}_{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"


def open_places(directory: Path, database_url: str | None) -> Places:
    """PostgreSQL where an address is set, SQLite in the data directory otherwise."""
    return PostgresqlSchemas(database_url) if database_url else SqliteFiles(directory)
