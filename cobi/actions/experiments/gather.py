"""Counting what has changed, and reading the experiments anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from cobi.actions.experiments.results import results_of
from cobi.domain.moments import DAY, SECOND
from cobi.store import revisions
from cobi.store.database import Connection
from cobi.store.experiments import counting, daily, plans, sums
from cobi.store.writer import Transaction

EVERY = 300 * SECOND
"""What was counted so long ago is counted anew when it is asked for."""

Result = TypeVar("Result")


class Write(Protocol):
    """Runs a job in a write transaction."""

    def __call__(self, job: Callable[[Transaction], Result], /) -> Result: ...


def is_due(connection: Connection, now: int) -> bool:
    """Whether something that was begun has not been counted for a while."""
    for experiment in plans.begun(connection):
        counted = plans.gathered(connection, experiment.key)
        if counted is None:
            return True
        if now - counted >= EVERY and (experiment.stopped is None or counting.stale(connection)):
            return True
    return False


def gather(write: Write, now: int) -> None:
    """Count the days that changed, each in a transaction of its own, then keep what follows.

    A day that begins meanwhile is counted too, for those who were first answered on it are read; what else changes on
    a day after it was counted waits for the next time.
    """
    counted: set[int] = set()
    while new := [day for day in write(lambda t: _days(t.connection)) if day not in counted]:
        for day in new:
            write(lambda transaction: _count(transaction, day))  # noqa: B023 (runs at once)
        counted.update(new)
    write(lambda transaction: _read(transaction.connection, now))


def _days(connection: Connection) -> list[int]:
    first = min((one.started or 0 for one in plans.begun(connection)), default=0)
    counting.forget_before(connection, first // DAY)
    return counting.stale(connection)


def _count(transaction: Transaction, day: int) -> None:
    connection = transaction.connection
    # What was read of those that have ended is read anew only where it has changed.
    plans.make_due(connection, counting.count_day(connection, plans.begun(connection), day))
    # What changes from now on is noted anew, be it in this very transaction.
    revisions.move(connection, revisions.COUNTED)
    transaction.tallies.mark_anew()


def _read(connection: Connection, now: int) -> None:
    for experiment in plans.begun(connection):
        known = plans.gathered(connection, experiment.key)
        if experiment.stopped is not None and known is not None and known >= experiment.stopped:
            continue
        counting.look_back(connection, experiment)
        until = now if experiment.stopped is None else experiment.stopped
        arms = sums.of_arms(connection, experiment.key, until)
        daily.renew(connection, experiment.key, arms)
        plans.keep_results(connection, experiment.key, results_of(experiment, arms, now), now)
