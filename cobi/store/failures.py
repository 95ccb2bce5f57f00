"""Tells a storage that cannot be used right now from a mistake of the program; no driver's error of the first
kind leaves the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cobi.domain.errors import StorageUnavailable

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
_PRIMARY = 0xFF  # of an extended result code

# Classes of SQLSTATE, and codes where a class has others too.
_POSTGRESQL = ("08", "53", "57P", "58", "40", "55P03", "57014", "25006")


def cause_of(error: BaseException) -> BaseException | None:
    """The driver's own error where it means that the storage cannot be used; None for all else."""
    if isinstance(error, StorageUnavailable):
        return error.__cause__ or error
    if isinstance(error, PoolTimeout):
        return error
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause if _is_of_sqlite(cause) or _is_of_postgresql(cause) else None


def translated(error: BaseException) -> BaseException:
    """The error as it may leave the store."""
    cause = cause_of(error)
    if cause is None or isinstance(error, StorageUnavailable):
        return error
    unavailable = StorageUnavailable()
    unavailable.__cause__ = cause
    return unavailable


@contextmanager
def translating() -> Generator[None]:
    """Raise StorageUnavailable for a driver's error of that kind."""
    try:
        yield
    except Exception as error:
        better = translated(error)
        if better is error:
            raise
        raise better from better.__cause__


def _is_of_sqlite(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _SQLITE


def _is_of_postgresql(error: BaseException | None) -> bool:
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_POSTGRESQL)
    # Without a code: the server was not reached, or the connection broke.
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
