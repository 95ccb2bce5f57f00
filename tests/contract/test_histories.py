"""Whose interactions are whose stays true through any order of writing, joining, removing and merging."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from cobi.domain.identifiers import content_id
from cobi.store import histories, interactions
from cobi.store.database import Database
from cobi.store.schema import history_runs
from cobi.store.schema import interactions as table

OWNERS = st.none() | st.integers(1, 4)


@pytest.fixture(autouse=True)
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs so small that a few rows fill and merge them."""
    for name, size in {"RUN_ROWS": 3, "FAN_IN": 2, "MOST_RUNS": 3, "STEP_ROWS": 2}.items():
        monkeypatch.setattr(histories, name, size)


def row(number: int, student: int | None, visitor: int | None) -> tuple[Any, ...]:
    identifier = content_id(number, bytes([number % 256, number // 256]))
    return (identifier, number, 1, 1, 1, student, visitor, None, None, None, None, None, 0)


class Histories(RuleBasedStateMachine):
    """Writes and merges beside a plain dictionary that says what should be found."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[bytes, tuple[int | None, int | None]] = {}
        self.count = 0
        self.database.write(
            lambda transaction: interactions.remove(transaction.connection, self._everything())
        )

    def _everything(self) -> list[bytes]:
        with self.database.read() as connection:
            return list(connection.scalars(select(table.c.interaction_id)))

    @rule(owners=st.lists(st.tuples(OWNERS, OWNERS), min_size=1, max_size=5))
    def add(self, owners: list[tuple[int | None, int | None]]) -> None:
        rows = [row(self.count + at, *pair) for at, pair in enumerate(owners)]
        self.count += len(rows)
        self.known |= {one[0]: pair for one, pair in zip(rows, owners, strict=True)}
        self.database.write(lambda transaction: interactions.add(transaction.connection, rows))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        gone = (
            data.draw(st.lists(st.sampled_from(sorted(self.known)), max_size=3, unique=True))
            if self.known
            else []
        )
        self.database.write(lambda transaction: interactions.remove(transaction.connection, gone))
        self.known = {one: pair for one, pair in self.known.items() if one not in gone}

    @rule(visitor=st.integers(1, 4))
    def detach(self, visitor: int) -> None:
        self.database.write(lambda transaction: interactions.detach(transaction.connection, [visitor]))
        self.known = {
            one: (student, None if (student, of) == (None, visitor) else of)
            for one, (student, of) in self.known.items()
        }

    @rule()
    def merge(self) -> None:
        self.database.write(lambda transaction: histories.merge_a_little(transaction.connection))

    @invariant()
    def everything_is_found(self) -> None:
        with self.database.read() as connection:
            for owner in range(1, 5):
                for at, condition in enumerate((histories.of_students, histories.of_visitors)):
                    found = connection.scalars(
                        select(table.c.interaction_id).where(condition(connection, [owner]))
                    ).all()
                    assert sorted(found) == sorted(
                        one for one, pair in self.known.items() if pair[at] == owner
                    )


def test_any_order_of_changes_and_merges_keeps_every_history(database: Database) -> None:
    machine = type("Machine", (Histories,), {"database": database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None)
    )


@pytest.fixture
def many(database: Database) -> Database:
    """A thousand interactions of some students, in many runs."""
    rows = [row(number, number % 7 + 1, None) for number in range(1000)]
    for start in range(0, 1000, 10):
        some = rows[start : start + 10]
        database.write(lambda transaction: interactions.add(transaction.connection, some))  # noqa: B023 (runs at once)
    return database


def test_merging_ends_with_few_runs_and_nothing_lost(many: Database) -> None:
    while many.write(lambda transaction: histories.merge_a_little(transaction.connection)):
        pass
    with many.read() as connection:
        levels = connection.execute(
            select(history_runs.c.level, func.count()).group_by(history_runs.c.level)
        ).all()
        assert all(count <= histories.FAN_IN for _, count in levels)
        of_one = histories.of_students(connection, [1])
        assert connection.scalar(select(func.count()).select_from(table).where(of_one)) == 143


def test_a_history_is_found_without_reading_all_interactions(many: Database) -> None:
    with many.read() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL has plain indexes")
        query = select(table).where(histories.of_students(connection, [1])).order_by(table.c.event_timestamp)
        text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert not any(step.startswith(("SCAN interactions", "SCAN histories")) for step in plan)
