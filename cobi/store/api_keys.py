"""The rows of API keys: never a key itself, only its hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from cobi.store.control import ORGANISATION_COLUMNS, Organisation, api_keys, organisations
from cobi.store.dialect import lock_for_writing
from cobi.store.failures import translating


@dataclass(frozen=True)
class ApiKey:
    """What a key may do, for whom and until when; all times are moments, `lifetime` is in microseconds."""

    key: int
    organisation: Organisation
    id: str
    hash: str = field(repr=False)
    scopes: frozenset[str]
    label: str | None
    created: int
    lifetime: int | None
    expires: int | None
    revoked: int | None
    last_used: int | None
    replaces: str | None

    def ended(self, now: int) -> bool:
        """Whether it opens nothing any more."""
        return self.revoked is not None or (self.expires is not None and self.expires <= now)


@dataclass(frozen=True)
class NewKey:
    """A key to keep."""

    id: str
    hash: str = field(repr=False)
    scopes: frozenset[str]
    label: str | None
    lifetime: int | None
    replaces: str | None = None


_COLUMNS = (
    api_keys.c.key,
    *ORGANISATION_COLUMNS,
    api_keys.c.id,
    api_keys.c.hash,
    api_keys.c.scopes,
    api_keys.c.label,
    api_keys.c.created,
    api_keys.c.lifetime,
    api_keys.c.expires,
    api_keys.c.revoked,
    api_keys.c.last_used,
    api_keys.c.replaces,
)
SELECT_KEY = select(*_COLUMNS).join(organisations, organisations.c.key == api_keys.c.organisation_key)
"""Keys with their organisations."""


class ApiKeys:
    """The keys of all organisations; every method is a transaction of its own."""

    def __init__(self, engine: Engine, counters: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        self._counters = counters.execution_options(writing=True)

    def add(self, organisation: Organisation, new: NewKey, now: int) -> ApiKey:
        """Keep a new key."""
        with translating(), self._writer.begin() as connection:
            return _add(connection, organisation, new, now)

    def find(self, public_id: str) -> ApiKey | None:
        """The key of that public id, whosever it is."""
        with translating(), self._engine.begin() as connection:
            row = connection.execute(SELECT_KEY.where(api_keys.c.id == public_id)).first()
        return None if row is None else key_of(row)

    def of(self, organisation: Organisation) -> list[ApiKey]:
        """An organisation's keys, oldest first, ended ones included."""
        query = SELECT_KEY.where(api_keys.c.organisation_key == organisation.key).order_by(api_keys.c.key)
        with translating(), self._engine.begin() as connection:
            return [key_of(row) for row in connection.execute(query)]

    def succeed(self, old: ApiKey, new: NewKey, until: int, now: int) -> ApiKey:
        """Keep a new key and let the old one end at `until`, or sooner where it would have anyway."""
        with translating(), self._writer.begin() as connection:
            lock_for_writing(connection)
            ends = func.coalesce(api_keys.c.expires, until)
            sooner = update(api_keys).where(api_keys.c.key == old.key, ends >= until)
            connection.execute(sooner.values(expires=until))
            return _add(connection, old.organisation, new, now)

    def revoke(self, old: ApiKey, now: int) -> ApiKey:
        """End a key now; one that was revoked before stays as it is."""
        still = (api_keys.c.key == old.key, api_keys.c.revoked.is_(None))
        with translating(), self._writer.begin() as connection:
            connection.execute(update(api_keys).where(*still).values(revoked=now))
            return key_of(connection.execute(SELECT_KEY.where(api_keys.c.key == old.key)).one())

    def touch(self, used: ApiKey, now: int) -> None:
        """Note that a key was used."""
        with translating(), self._counters.begin() as connection:
            connection.execute(update(api_keys).where(api_keys.c.key == used.key).values(last_used=now))


def key_of(row: Sequence[Any]) -> ApiKey:
    """A key as `SELECT_KEY` finds it."""
    (public_id, digest, scopes), rest = row[5:8], row[8:]
    return ApiKey(
        row[0], Organisation(*row[1:5]), public_id, digest, frozenset(str(scopes).split(",")), *rest
    )


def _add(connection: Connection, organisation: Organisation, new: NewKey, now: int) -> ApiKey:
    values = {
        "organisation_key": organisation.key,
        "id": new.id,
        "hash": new.hash,
        "scopes": ",".join(sorted(new.scopes)),
        "label": new.label,
        "created": now,
        "lifetime": new.lifetime,
        "expires": None if new.lifetime is None else now + new.lifetime,
        "replaces": new.replaces,
    }
    connection.execute(insert(api_keys).values(values))
    return key_of(connection.execute(SELECT_KEY.where(api_keys.c.id == new.id)).one())
