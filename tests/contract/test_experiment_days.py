"""An experiment day by day: each day's figures are those of its evening, whatever came late, and never drift."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, update

from cobi.actions.experiments import gather
from cobi.domain.errors import CobiError
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, SECOND, format_day
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.experiments import counting, daily, plans, sums
from cobi.store.experiments.sums import ArmSums, arm_sums
from cobi.store.experiments.tables import experiment_days, exposure_days, exposures
from cobi.store.rollups.tables import ANSWERS, QUARTERS
from cobi.store.rollups.tallies import Tallies
from cobi.store.writer import Transaction
from tests.conftest import SettableClock
from tests.factories import NOON, an_id, interaction, upload
from tests.marketplace import STUDENTS, marketplace
from tests.trials import Story, live

KEY = 1
STUDENT = parse_id(an_id("customers")) or b""
TWO = {
    "name": "warmer",
    "arms": [{"name": "cold"}, {"name": "warm", "settings": {"exploration_temperature": 2}}],
}


def evening(connection: Connection, day: int) -> dict[int, ArmSums]:
    """The sums of the arms at the end of a day, added up student by student."""
    found: dict[int, ArmSums] = {}
    students = [dict(row) for row in connection.execute(exposures.select()).mappings()]
    did = [dict(row) for row in connection.execute(exposure_days.select()).mappings() if row["day"] <= day]
    for arm in {one["arm"] for one in students if one["exposed"] // DAY <= day}:
        members = [one for one in students if one["arm"] == arm and one["exposed"] // DAY <= day]
        own = {
            one["student_key"]: [row for row in did if row["student_key"] == one["student_key"]]
            for one in members
        }
        flat: list[float] = []
        for metric in METRICS.values():
            rows = np.array([_columns(metric, one, own[one["student_key"]]) for one in members], float)
            width = rows.shape[1]
            products = rows.T @ rows
            flat += [*rows.sum(axis=0), *(products[i, j] for i in range(width) for j in range(i, width))]
        found[arm] = arm_sums(len(members), 0, flat)
    return found


def _columns(metric: Any, student: dict[str, Any], rows: list[dict[str, Any]]) -> list[float]:
    outcome = sum(row[metric.outcome] for row in rows)
    per = 1 if metric.per is None else sum(row[metric.per] for row in rows)
    known = [] if metric.covariate is None else [student[f"before_{metric.covariate}"]]
    return [float(outcome > 0) if metric.whether else outcome, per, *known]


def kept(connection: Connection, day: int) -> dict[int, ArmSums]:
    found: dict[int, daily.Added] = {}
    for at, arms in daily.read(connection, KEY).items():
        for arm, added in arms.items() if at <= day else ():
            found[arm] = daily.sum_up(found.get(arm), added)
    return {arm: arm_sums(students, 0, added) for arm, (students, added) in found.items()}


def agrees(connection: Connection, first: int, days: int) -> bool:
    for day in range(first, first + days):
        ours, wanted = kept(connection, day), evening(connection, day)
        assert ours.keys() == wanted.keys()
        for arm, one in ours.items():
            assert one.students == wanted[arm].students
            for name in METRICS:
                assert one.sums[name] == pytest.approx(wanted[arm].sums[name])
                np.testing.assert_allclose(one.products[name], wanted[arm].products[name])
    return True


def test_each_day_adds_up_to_what_students_had_by_its_evening_also_when_a_day_is_counted_anew(
    database: Database,
) -> None:
    first, days = NOON // DAY, 6

    def story(connection: Connection) -> None:
        live(connection, KEY, NOON, Story((1.0, 1.3), per_day=6, days=days))
        daily.renew(connection, KEY, sums.of_arms(connection, KEY, NOON + days * DAY))
        assert agrees(connection, first, days)
        row = connection.execute(exposure_days.select().where(exposure_days.c.day == first + 2)).first()
        assert row is not None
        # Something of the third day arrives late: it is in the sums and in its day, and the days from it on are anew.
        for table in (exposures, exposure_days):
            own = table.c.student_key == row.student_key
            where = own & (table.c.day == row.day) if table is exposure_days else own
            connection.execute(update(table).where(where).values(code_reveals=table.c.code_reveals + 3))
        daily.forget_from(connection, KEY, row.day)
        assert max(daily.read(connection, KEY)) == row.day - 1
        daily.renew(connection, KEY, sums.of_arms(connection, KEY, NOON + days * DAY))
        assert agrees(connection, first, days)

    database.write(lambda transaction: story(transaction.connection))


def test_days_that_do_not_add_up_are_computed_anew(database: Database) -> None:
    def story(connection: Connection) -> None:
        live(connection, KEY, NOON, Story((1.0, 1.0), per_day=4, days=3))
        totals = sums.of_arms(connection, KEY, NOON + 3 * DAY)
        daily.renew(connection, KEY, totals)
        connection.execute(update(experiment_days).values(students=experiment_days.c.students + 1))
        daily.renew(connection, KEY, totals)
        assert agrees(connection, NOON // DAY, 3)

    database.write(lambda transaction: story(transaction.connection))


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve students make a reading."""
    monkeypatch.setattr("cobi.analytics.experiments.readings.ENOUGH_STUDENTS", 3)
    monkeypatch.setattr("cobi.analytics.experiments.readings.ENOUGH_BEHIND", 1)


def a_day(service: Service, clock: SettableClock, day: int) -> None:
    for student in range(STUDENTS):
        service.recommend(parse_id(an_id("customers", student)) or b"", Wanted())
    acts = [
        interaction(
            student_id=an_id("customers", student),
            item_id=an_id("offers", (student + day + turn) % 6),
            interaction_type="DISCOUNT_CODE",
            event_timestamp=clock.now // SECOND + 60 + turn,
        )
        for student in range(STUDENTS)
        for turn in range(1 + (student * 5 + day) % 3)
    ]
    upload(service, "user-interactions", *acts)


def test_a_past_day_reads_as_it_read_on_its_evening_and_the_last_as_the_experiment(
    service: Service, clock: SettableClock, few_are_enough: None
) -> None:
    marketplace(service)
    clock.advance(DAY)
    made = service.experiments.create({**TWO, "planned_student_days": 100, "start": True})
    experiment = parse_id(made["experiment_id"]) or b""
    told: dict[str, Any] = {}
    for day in range(3):
        a_day(service, clock, day)
        midnight = (clock.now // DAY + 1) * DAY
        clock.advance(midnight - 1 - clock.now)
        [compared] = service.experiments.read(experiment)["results"]["comparisons"]
        [told[format_day(clock.now // DAY)]] = [
            m for m in compared["metrics"] if m["metric"] == "code_reveals"
        ]
        clock.advance(12 * 3600 * SECOND)
    found = service.experiments.days(experiment)
    [course] = found["comparisons"]
    assert (found["metric"], course["arm"], course["control"]) == ("code_reveals", "warm", "cold")
    by_day = {one["day"]: one for one in course["days"]}
    assert by_day.keys() >= told.keys()
    for day, reading in told.items():
        for name in ("treated", "control", "p_value"):
            assert by_day[day][name] == pytest.approx(reading[name])
        for name in ("difference", "lift"):
            assert by_day[day][name] == pytest.approx(reading[name])
    [compared] = service.experiments.read(experiment)["results"]["comparisons"]
    [last] = [one for one in compared["metrics"] if one["metric"] == "code_reveals"]
    assert course["days"][-1]["lift"] == last["lift"]
    assert found["students"][-1]["arms"] == {
        arm["name"]: arm["students"] for arm in service.experiments.read(experiment)["results"]["arms"]
    }


def test_an_erased_student_is_in_no_past_day(
    service: Service, clock: SettableClock, few_are_enough: None
) -> None:
    marketplace(service)
    clock.advance(DAY)
    experiment = parse_id(service.experiments.create({**TWO, "start": True})["experiment_id"]) or b""
    a_day(service, clock, 0)
    clock.advance(DAY)
    before = service.experiments.days(experiment, "interactions")["students"]
    assert sum(before[0]["arms"].values()) == STUDENTS
    service.erase(parse_id(an_id("customers", 1)) or b"")
    after = service.experiments.days(experiment, "interactions")["students"]
    assert sum(after[0]["arms"].values()) == STUDENTS - 1


def test_what_is_stored_in_the_same_commit_as_a_count_is_counted_next_time(
    service: Service, database: Database, clock: SettableClock
) -> None:
    marketplace(service)
    service.experiments.create({**TWO, "start": True})
    today = clock.now // DAY
    upload(service, "user-interactions", interaction(event_timestamp=clock.now - SECOND))

    def count_and_change(transaction: Transaction) -> None:
        gather._count(transaction, today)
        transaction.tallies.mark([clock.now])

    database.write(count_and_change)
    with database.read() as connection:
        assert today in counting.stale(connection)
    database.write(lambda transaction: gather._count(transaction, today))
    with database.read() as connection:
        assert today not in counting.stale(connection)


def test_a_day_that_begins_while_others_are_counted_is_counted_with_them(
    service: Service, database: Database, clock: SettableClock
) -> None:
    marketplace(service)
    service.experiments.create({**TWO, "start": True})
    today = clock.now // DAY
    service.recommend(STUDENT, Wanted(limit=2))
    counted: list[int] = []

    def write(job: Any) -> Any:
        found = database.write(job)
        with database.read() as connection:
            left = counting.stale(connection)
        if not counted and today not in left:
            # Today is counted, and now it is midnight.
            counted.append(today)
            clock.now = (today + 1) * DAY
            service.recommend(STUDENT, Wanted(limit=2))
        return found

    gather.gather(write, clock.now)
    with database.read() as connection:
        assert today + 1 not in counting.stale(connection)
        days = {row["day"] for row in connection.execute(exposure_days.select()).mappings()}
    assert days == {today, today + 1}


def test_a_day_whose_rows_are_others_is_noted_though_its_figures_are_the_same(database: Database) -> None:
    nothing, neighbour = Tallies(), Tallies()
    key = (100 * QUARTERS, 1, "RANDOM", "", "", 10)
    neighbour.add(ANSWERS, key, (1,))
    neighbour.add(ANSWERS, key, (-1,))
    nothing.add_all(neighbour)
    database.write(lambda transaction: transaction.tallies.add_all(nothing))
    with database.read() as connection:
        assert 100 in counting.stale(connection)


def test_an_experiment_nobody_was_answered_in_has_no_days(service: Service) -> None:
    experiment = parse_id(service.experiments.create({**TWO, "start": True})["experiment_id"]) or b""
    found = service.experiments.days(experiment)
    assert (found["students"], found["comparisons"]) == ([], [])
    with pytest.raises(CobiError, match="is not known"):
        service.experiments.days(b"0" * 16)


def test_a_holdout_is_replaced_in_one_moment_by_one_with_another_share(
    service: Service, database: Database, clock: SettableClock
) -> None:
    first = service.experiments.create({"kind": "HOLDOUT", "share": 0.05, "start": True})
    clock.advance(DAY)
    with pytest.raises(CobiError, match="there is an experiment named 'holdout'"):
        service.experiments.create({"kind": "HOLDOUT", "share": 0.1, "start": True})
    second = service.experiments.create({"kind": "HOLDOUT", "share": 0.1, "replace": True})
    old = service.experiments.read(parse_id(first["experiment_id"]) or b"")
    assert (second["name"], second["state"], second["arms"][0]["share"]) == ("holdout 2", "RUNNING", 0.1)
    assert (old["state"], old["stopped"]) == ("STOPPED", second["started"])
    with database.read() as connection:
        assert [one.plan.name for one in plans.running(connection)] == ["holdout 2"]
    with pytest.raises(CobiError, match="replace is true or false"):
        service.experiments.create({"kind": "HOLDOUT", "replace": 1})


def test_what_cannot_take_the_running_ones_place_leaves_it_running(service: Service) -> None:
    service.experiments.create({**TWO, "start": True})
    wrong = {"name": "newer", "arms": [{"name": "a"}, {"name": "b", "model_version": 9}], "replace": True}
    with pytest.raises(CobiError, match="no model of version 9"):
        service.experiments.create(wrong)
    assert [one["state"] for one in service.experiments.list()["experiments"]] == ["RUNNING"]
