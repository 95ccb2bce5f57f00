"""The one writer: jobs share a commit, and no failure spoils a neighbour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from cobi.domain.errors import Overloaded
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.schema import revisions
from cobi.store.writer import REST, UPKEEP_EVERY, Transaction, Writer
from tests.factories import minimal, upload

PATIENCE = 30


def adding(name: str) -> Any:
    def job(transaction: Transaction) -> str:
        transaction.connection.execute(insert(revisions).values(name=name, value=1))
        return name

    return job


def failing(transaction: Transaction) -> None:
    adding("never")(transaction)
    transaction.connection.execute(text("SELECT * FROM no_such_table"))


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(revisions.c.name)))


def together(writer: Writer, *jobs: Any) -> list[Future[Any]]:
    """Hold the writer until all jobs wait, so that they share one commit."""
    release = hold(writer)
    futures = [writer.submit(job) for job in jobs]
    release()
    wait(futures, PATIENCE)
    return futures


def hold(writer: Writer) -> Callable[[], None]:
    """Keep the writer busy until what this returns is called."""
    running, gate = threading.Event(), threading.Event()

    def job(_: Transaction) -> None:
        running.set()
        gate.wait(PATIENCE)

    held = writer.submit(job)
    assert running.wait(PATIENCE)

    def release() -> None:
        gate.set()
        held.exception(PATIENCE)

    return release


def test_a_failing_job_does_not_spoil_its_neighbours(database: Database) -> None:
    first, wrong, last = together(database._writer, adding("a"), failing, adding("b"))
    assert (first.result(), last.result()) == ("a", "b")
    assert isinstance(wrong.exception(), SQLAlchemyError)
    assert names(database) == {"a", "b"}


def test_waiting_jobs_share_one_commit(database: Database) -> None:
    commits: list[object] = []
    event.listen(database._writing, "commit", commits.append)
    together(database._writer, *(adding(f"n{number}") for number in range(20)))
    assert len(commits) == 2  # the held job's and the one of all the others


def test_a_full_queue_turns_the_next_write_away(database: Database) -> None:
    writer = Writer(database.engine, max_waiting=2)
    release = hold(writer)
    accepted = [writer.submit(adding("a")), writer.submit(adding("b"))]
    with pytest.raises(Overloaded):
        writer.submit(adding("c"))
    release()
    writer.close()
    assert [future.result() for future in accepted] == ["a", "b"]
    assert names(database) == {"a", "b"}


def test_a_commit_that_fails_reaches_every_caller(database: Database) -> None:
    def refuse(_: object) -> None:
        raise OSError("disk full")

    event.listen(database._writing, "commit", refuse)
    futures = together(database._writer, adding("a"), adding("b"))
    event.remove(database._writing, "commit", refuse)
    assert [str(future.exception()) for future in futures] == ["disk full", "disk full"]
    assert names(database) == set()
    assert database.write(adding("c")) == "c"


def test_keys_learnt_in_a_lost_transaction_are_forgotten(service: Service, database: Database) -> None:
    def refuse(_: object) -> None:
        raise OSError("disk full")

    event.listen(database._writing, "commit", refuse)
    with pytest.raises(OSError, match="disk full"):
        upload(service, "shops", minimal("shops"))
    event.remove(database._writing, "commit", refuse)
    assert upload(service, "offers", minimal("offers")).rejected == 1


def test_a_closed_writer_turns_writes_away_and_has_finished_what_waited(database: Database) -> None:
    writer = Writer(database.engine)
    waiting = [writer.submit(adding(f"n{number}")) for number in range(50)]
    writer.close()
    assert all(future.done() for future in waiting)
    with pytest.raises(Overloaded):
        writer.submit(adding("late"))


def test_a_read_sees_one_moment_however_many_queries_it_asks(service: Service, database: Database) -> None:
    table = select(func.count()).select_from(revisions)
    with database.read() as connection:
        before = connection.scalar(table)
        upload(service, "shops", minimal("shops"))
        assert connection.scalar(table) == before
    assert len(names(database)) == 1


def test_upkeep_comes_in_the_first_quiet_moment_after_many_records(database: Database) -> None:
    kept_up = threading.Event()

    def upkeep(_: object) -> bool:
        kept_up.set()
        return False

    writer = Writer(database.engine, upkeep=upkeep)
    writer.submit(adding("few"), 1).result(PATIENCE)
    assert not kept_up.is_set()
    writer.submit(adding("many"), UPKEEP_EVERY).result(PATIENCE)
    assert kept_up.wait(PATIENCE)
    writer.close()


def test_upkeep_leaves_most_of_the_time_to_those_who_write(database: Database) -> None:
    worked: list[float] = []

    def upkeep(_: object) -> bool:
        began = time.monotonic()
        threading.Event().wait(0.02)
        worked.append(time.monotonic() - began)
        return True

    writer = Writer(database.engine, upkeep=upkeep)
    writer.submit(adding("many"), UPKEEP_EVERY).result(PATIENCE)
    began, written = time.monotonic(), 0
    while time.monotonic() < began + 0.5:
        written += 1
        writer.submit(adding(str(written)), 1).result(PATIENCE)
    took = time.monotonic() - began
    writer.close()
    assert sum(worked) <= took / REST + max(worked)


def test_upkeep_that_is_urgent_waits_for_no_quiet_moment(database: Database) -> None:
    steps: list[object] = []
    writer = Writer(database.engine, urgent_upkeep=lambda _: bool(steps.append(1)))
    release = hold(writer)
    futures = [writer.submit(adding(name), UPKEEP_EVERY) for name in ("a", "b")]
    release()
    wait(futures, PATIENCE)
    writer.close()
    assert len(steps) >= 2
