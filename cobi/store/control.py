"""The small control database: which organisations there are, their keys' hashes, and their use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
)

from cobi.domain.signature import Signature
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
    # What a key is known by in lists and logs; the key itself begins with it.
    Column("id", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("label", Text, nullable=True),
    Column("created", BigInteger, nullable=False),
    # How long it was made for, in microseconds: a rotated key's successor is made for as long.
    Column("lifetime", BigInteger, nullable=True),
    Column("expires", BigInteger, nullable=True),
    Column("revoked", BigInteger, nullable=True),
    # To the hour, so that a request seldom writes.
    Column("last_used", BigInteger, nullable=True),
    # The id of the key it was rotated from.
    Column("replaces", Text, nullable=True),
    Index("ix_api_keys_organisation_key", "organisation_key"),
)

rate_windows = Table(
    "rate_windows",
    metadata,
    Column("api_key_key", Key, ForeignKey("api_keys.key"), primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    # Minutes since 1970.
    Column("minute", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
)
"""How many requests each key has taken of its current minute, over all processes (D3)."""

sessions = Table(
    "sessions",
    metadata,
    # Of the secret that only the browser has.
    Column("hash", Text, primary_key=True),
    Column("api_key_key", Key, ForeignKey("api_keys.key"), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("ix_sessions_expires", "expires"),
)
"""Who is signed in to the dashboard, by the key they signed in with."""

secrets = Table(
    "secrets",
    metadata,
    Column("organisation_key", Key, ForeignKey("organisations.key"), primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
    Column("made", BigInteger, nullable=False),
)
"""What each organisation's recommendation ids are signed with, and since when."""


@dataclass(frozen=True)
class Organisation:
    """A tenant: its name, where its data lies, and the time zone its days are counted in."""

    key: int
    name: str
    place: str
    timezone: str


ORGANISATION_COLUMNS = (
    organisations.c.key,
    organisations.c.name,
    organisations.c.place,
    organisations.c.timezone,
)


class Control:
    """Organisations; every method is a transaction of its own.

    `counters` opens the same database for what a power cut may take: its commits do not wait for the disk.
    """

    def __init__(self, engine: Engine, counters: Engine) -> None:
        with translating():
            migrate(engine, CONTROL)
        self.engine = engine
        self.counters = counters

    def find(self, name: str) -> Organisation | None:
        """The organisation of that name."""
        with translating(), self.engine.begin() as connection:
            row = connection.execute(
                select(*ORGANISATION_COLUMNS).where(organisations.c.name == name)
            ).first()
        return Organisation(*row) if row else None

    def create(self, name: str, place: str, timezone: str, now: int) -> Organisation:
        """The organisation of that name, made if it is not there."""
        with translating(), self.engine.execution_options(writing=True).begin() as connection:
            lock_for_writing(connection)
            find = select(*ORGANISATION_COLUMNS).where(organisations.c.name == name)
            row = connection.execute(find).first()
            if row is None:
                connection.execute(
                    insert(organisations).values(name=name, place=place, timezone=timezone, created=now)
                )
                row = connection.execute(find).one()
        return Organisation(*row)

    def signature(self, organisation: Organisation, new: Signature) -> Signature:
        """What an organisation signs its recommendation ids with; the new one where it has none yet."""
        find = select(secrets.c.secret, secrets.c.made).where(secrets.c.organisation_key == organisation.key)
        with translating(), self.engine.begin() as connection:
            row = connection.execute(find).first()
        if row is None:
            with translating(), self.engine.execution_options(writing=True).begin() as connection:
                lock_for_writing(connection)
                row = connection.execute(find).first()
                if row is None:
                    values = {"organisation_key": organisation.key, "secret": new.secret, "made": new.made}
                    connection.execute(insert(secrets).values(**values))
                    return new
        return Signature(bytes(row[0]), row[1])

    def everyone(self) -> list[Organisation]:
        """All organisations, the oldest first."""
        with translating(), self.engine.begin() as connection:
            rows = connection.execute(select(*ORGANISATION_COLUMNS).order_by(organisations.c.key))
            return [Organisation(*row) for row in rows]

    def is_current(self) -> bool:
        """Whether the schema is the one this program knows; raises StorageUnavailable."""
        with translating(), self.engine.begin() as connection:
            return is_current(connection, CONTROL)

    def version(self) -> str | None:
        """The revision of the control database's schema."""
        return version(self.engine)

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()
        self.counters.dispose()
