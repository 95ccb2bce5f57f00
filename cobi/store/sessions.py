"""The rows of sessions: never a session's secret itself, only its hash."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert

from cobi.store.api_keys import SELECT_KEY, ApiKey, key_of
from cobi.store.control import api_keys, sessions
from cobi.store.failures import translating


@dataclass(frozen=True)
class Session:
    """The key somebody signed in with, and until when that holds."""

    key: ApiKey
    began: int
    expires: int


class SessionRows:
    """The sessions of all organisations; every method is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writing=True)

    def add(self, digest: str, key: ApiKey, began: int, expires: int) -> None:
        """Keep a session, and let go of those that are over."""
        values = {"hash": digest, "api_key_key": key.key, "began": began, "expires": expires}
        with translating(), self._writer.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= began))
            connection.execute(insert(sessions).values(values))

    def find(self, digest: str) -> Session | None:
        """The session of that hash, with the key as it is now."""
        query = (
            SELECT_KEY.add_columns(sessions.c.began, sessions.c.expires)
            .join(sessions, sessions.c.api_key_key == api_keys.c.key)
            .where(sessions.c.hash == digest)
        )
        with translating(), self._engine.begin() as connection:
            row = connection.execute(query).first()
        return None if row is None else Session(key_of(row[:-2]), row[-2], row[-1])

    def remove(self, digest: str) -> None:
        """End a session."""
        with translating(), self._writer.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == digest))
