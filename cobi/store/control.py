"""The small control database: which organisations there are, and the hashes of their keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Engine, ForeignKey, Identity, MetaData, Table, Text, insert, select

from cobi.store.columns import Key
from cobi.store.dialect import lock_for_writing
from cobi.store.failures import translating
from cobi.store.migrate import CONTROL, is_current, migrate, version
from cobi.store.schema import metadata as organisation_metadata

metadata = MetaData(naming_convention=organisation_metadata.naming_convention)

organisations = Table(
    "organisations",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # The name of its SQLite file or PostgreSQL schema.
    Column("place", Text, nullable=False, unique=True),
    Column("timezone", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key", Key, Identity(), primary_key=True),
    Column("organisation_key", Key, ForeignKey("organisations.key"), nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Organisation:
    """A tenant: its name, where its data lies, and the time zone its days are counted in."""

    key: int
    name: str
    place: str
    timezone: str


@dataclass(frozen=True)
class ApiKey:
    """What a key may do, and for whom."""

    key: int
    organisation: Organisation
    scopes: frozenset[str]


_ORGANISATION_COLUMNS = (
    organisations.c.key,
    organisations.c.name,
    organisations.c.place,
    organisations.c.timezone,
)


class Control:
    """Organisations and keys; every method is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        with translating():
            migrate(engine, CONTROL)
        self._engine = engine

    def find(self, name: str) -> Organisation | None:
        """The organisation of that name."""
        with translating(), self._engine.begin() as connection:
            row = connection.execute(
                select(*_ORGANISATION_COLUMNS).where(organisations.c.name == name)
            ).first()
        return Organisation(*row) if row else None

    def create(self, name: str, place: str, timezone: str, now: int) -> Organisation:
        """The organisation of that name, made if it is not there."""
        with translating(), self._engine.execution_options(writing=True).begin() as connection:
            lock_for_writing(connection)
            find = select(*_ORGANISATION_COLUMNS).where(organisations.c.name == name)
            row = connection.execute(find).first()
            if row is None:
                connection.execute(
                    insert(organisations).values(name=name, place=place, timezone=timezone, created=now)
                )
                row = connection.execute(find).one()
        return Organisation(*row)

    def add_key(self, organisation: Organisation, key_hash: str, scopes: frozenset[str], now: int) -> None:
        """Keep the hash of a new key."""
        values = {
            "organisation_key": organisation.key,
            "hash": key_hash,
            "scopes": ",".join(sorted(scopes)),
            "created": now,
        }
        with translating(), self._engine.execution_options(writing=True).begin() as connection:
            connection.execute(insert(api_keys).values(values))

    def find_key(self, key_hash: str) -> ApiKey | None:
        """The key that has this hash."""
        query = (
            select(api_keys.c.key, api_keys.c.scopes, *_ORGANISATION_COLUMNS)
            .join(organisations, organisations.c.key == api_keys.c.organisation_key)
            .where(api_keys.c.hash == key_hash)
        )
        with translating(), self._engine.begin() as connection:
            row = connection.execute(query).first()
        return ApiKey(row[0], Organisation(*row[2:]), frozenset(row[1].split(","))) if row else None

    def everyone(self) -> list[Organisation]:
        """All organisations, the oldest first."""
        with translating(), self._engine.begin() as connection:
            rows = connection.execute(select(*_ORGANISATION_COLUMNS).order_by(organisations.c.key))
            return [Organisation(*row) for row in rows]

    def is_current(self) -> bool:
        """Whether the schema is the one this program knows; raises StorageUnavailable."""
        with translating(), self._engine.begin() as connection:
            return is_current(connection, CONTROL)

    def version(self) -> str | None:
        """The revision of the control database's schema."""
        return version(self._engine)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()
