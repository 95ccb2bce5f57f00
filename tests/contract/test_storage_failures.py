"""A storage that cannot be used is StorageUnavailable, whichever database it is; a mistake stays a mistake."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cobi.domain.errors import StorageUnavailable
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.failures import cause_of
from cobi.store.writer import Transaction
from tests.contract.test_writer import PATIENCE, adding, hold, names
from tests.factories import minimal, upload


def sqlite_error(code: int) -> OperationalError:
    error = sqlite3.OperationalError("of the driver")
    error.sqlite_errorcode = code
    return OperationalError("SELECT", (), error)


def postgresql_error(state: str) -> psycopg.Error:
    return psycopg.errors.lookup(state)("of the driver")


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT),
        sqlite_error(sqlite3.SQLITE_IOERR_WRITE),
        psycopg.OperationalError("connection refused"),
        *map(postgresql_error, ("53100", "53300", "57P01", "08006", "55P03", "40P01", "25006")),
    ],
)
def test_what_says_that_the_storage_fails_is_known(error: Exception) -> None:
    assert cause_of(error) is not None


@pytest.mark.parametrize(
    "error",
    [sqlite_error(sqlite3.SQLITE_ERROR), ValueError(), *map(postgresql_error, ("42P01", "23505", "22003"))],
)
def test_a_mistake_of_the_program_is_not_taken_for_it(error: Exception) -> None:
    assert cause_of(error) is None


def failing_at(engine: Engine, moment: str) -> None:
    """Let the next transaction that comes to this moment find the database out of space."""
    orig = sqlite_error(sqlite3.SQLITE_FULL)

    def fail(_: object) -> None:
        event.remove(engine, moment, fail)
        raise orig

    event.listen(engine, moment, fail)


@pytest.mark.parametrize("moment", ["begin", "commit"])
def test_a_write_that_finds_no_space_raises_storage_unavailable_and_the_next_one_works(
    service: Service, database: Database, moment: str
) -> None:
    failing_at(database._writing, moment)
    with pytest.raises(StorageUnavailable):
        upload(service, "tags", minimal("tags"))
    assert upload(service, "tags", minimal("tags")).stored == 1


def test_a_job_that_finds_no_space_takes_its_neighbours_along(database: Database) -> None:
    def full(_: Transaction) -> None:
        raise sqlite_error(sqlite3.SQLITE_FULL)

    release = hold(database._writer)
    futures = [database._writer.submit(job) for job in (adding("a"), full, adding("b"))]
    release()
    assert all(isinstance(future.exception(PATIENCE), StorageUnavailable) for future in futures)
    assert names(database) == set()
    assert database.write(adding("c")) == "c"


def test_a_read_that_cannot_reach_the_database_raises_storage_unavailable(database: Database) -> None:
    failing_at(database.engine, "begin")
    with pytest.raises(StorageUnavailable), database.read():
        pass
    assert database.is_current()


def test_a_mistake_in_a_query_stays_one(database: Database) -> None:
    with pytest.raises(SQLAlchemyError), database.read() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))


def test_a_write_that_waits_too_long_is_given_up_and_never_stored(database: Database) -> None:
    release = hold(database._writer)
    database.patience = 0.01
    with pytest.raises(StorageUnavailable, match="did not take the write in time"):
        database.write(adding("given up"))
    release()
    database.patience = PATIENCE
    assert database.write(adding("later")) == "later"
    assert names(database) == {"later"}


def test_a_write_that_has_begun_is_waited_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.patience = 0
    begun, gate = threading.Event(), threading.Event()
    submit = database._writer.submit

    def submit_and_see_it_begin(job: Any, weight: int) -> Future[Any]:
        future = submit(job, weight)
        assert begun.wait(PATIENCE)
        monkeypatch.setattr(future, "cancel", lambda: gate.set() or Future.cancel(future))
        return future

    def slow(transaction: Transaction) -> str:
        begun.set()
        gate.wait(PATIENCE)
        return adding("slow")(transaction)

    monkeypatch.setattr(database._writer, "submit", submit_and_see_it_begin)
    assert database.write(slow) == "slow"
    assert names(database) == {"slow"}
