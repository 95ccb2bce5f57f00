"""Experiments: who is shown what, and what is measured of everybody in them."""

from __future__ import annotations

from typing import Any

import pytest

from cobi.domain.errors import CobiError, InvalidRequest
from cobi.domain.experiments.experiment import place
from cobi.domain.identifiers import parse_id
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.domain.recommendation import Wanted
from cobi.domain.reports import Question
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.experiments.tables import exposures
from tests.conftest import SettableClock
from tests.factories import HOUR, an_id, interaction, minimal, upload
from tests.marketplace import STUDENTS, marketplace

TWO = {
    "name": "warmer",
    "arms": [{"name": "cold"}, {"name": "warm", "settings": {"exploration_temperature": 2}}],
}


@pytest.fixture
def market(service: Service, clock: SettableClock) -> Service:
    marketplace(service)
    clock.advance(DAY)
    service.learning.train()
    return service


def started(service: Service, document: dict[str, Any]) -> bytes:
    return parse_id(service.experiments.create({**document, "start": True})["experiment_id"]) or b""


def answered(service: Service, number: int) -> list[bytes]:
    [answer] = service.recommend(parse_id(an_id("customers", number)) or b"", Wanted())
    return list(answer.items)


def arms(database: Database) -> dict[int, int]:
    with database.read() as connection:
        rows = connection.execute(exposures.select()).mappings().all()
    return {row["student_key"]: row["arm"] for row in rows}


def test_a_student_stays_in_one_arm_and_is_exposed_at_the_first_answer(
    market: Service, database: Database, clock: SettableClock
) -> None:
    started(market, TWO)
    for number in range(STUDENTS):
        answered(market, number)
    first = arms(database)
    clock.advance(DAY)
    for number in range(STUDENTS):
        answered(market, number)
    assert arms(database) == first
    assert set(first.values()) == {0, 1}
    with database.read() as connection:
        moments = {row.exposed for row in connection.execute(exposures.select())}
    assert moments == {clock.now - DAY}


def test_arms_are_divided_as_planned_and_independently_of_each_other() -> None:
    drawn = [
        (place(b"a" * 16, n.to_bytes(16, "big")), place(b"b" * 16, n.to_bytes(16, "big")))
        for n in range(20_000)
    ]
    held = [one < 0.05 for one, _ in drawn]
    assert abs(sum(held) / len(drawn) - 0.05) < 0.006
    both = sum(one < 0.5 and other < 0.5 for one, other in drawn) / len(drawn)
    assert abs(both - 0.25) < 0.012


def test_the_arm_is_in_the_log_and_tells_figures_apart(market: Service) -> None:
    started(market, TWO)
    for number in range(STUDENTS):
        answered(market, number)
    report = market.reports.effectiveness(Question())
    assert [row["arm"] for row in report["arms"]] == ["warmer:cold", "warmer:warm"]
    assert sum(row["answers"] for row in report["arms"]) == STUDENTS


@pytest.mark.parametrize("listing", ["POPULAR", "NONE"])
def test_whoever_is_held_out_gets_what_is_nobodys_own(market: Service, listing: str) -> None:
    before = {number: set(answered(market, number)) for number in range(STUDENTS)}
    market.experiments.create({"kind": "HOLDOUT", "share": 0.5, "list": listing, "start": True})
    lists = [tuple(sorted(answered(market, number))) for number in range(STUDENTS)]
    told = market.reports.effectiveness(Question(arm="holdout:held out"))
    assert told["total"]["answers"] > 0
    assert (told["total"]["impressions"] == 0) == (listing == "NONE")
    assert any(set(found) != before[number] for number, found in enumerate(lists)) == (listing == "NONE")


def test_whoever_is_held_out_is_in_no_other_experiment(market: Service, database: Database) -> None:
    started(market, {"kind": "HOLDOUT", "share": 0.5})
    started(market, TWO)
    for number in range(STUDENTS):
        answered(market, number)
    with database.read() as connection:
        rows = connection.execute(exposures.select()).all()
    held = {row.student_key for row in rows if row.experiment_key == 1 and row.arm == 0}
    tried = {row.student_key for row in rows if row.experiment_key == 2}
    assert held
    assert tried
    assert not held & tried


def test_only_one_experiment_runs_at_a_time_and_a_stopped_one_stays_stopped(market: Service) -> None:
    first = started(market, TWO)
    second = market.experiments.create({**TWO, "name": "other"})
    with pytest.raises(CobiError, match="is running"):
        market.experiments.start(parse_id(second["experiment_id"]) or b"")
    market.experiments.stop(first)
    market.experiments.start(parse_id(second["experiment_id"]) or b"")
    with pytest.raises(CobiError, match="STOPPED"):
        market.experiments.start(first)
    with pytest.raises(CobiError, match="named 'warmer'"):
        market.experiments.create(TWO)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"name": "x"},
        {"name": "x", "arms": [{"name": "one"}]},
        {"name": "a:b", "arms": TWO["arms"]},
        {"name": "x", "arms": [{"name": "one", "share": 0.9}, {"name": "two", "share": 0.9}]},
        {"name": "x", "arms": [{"name": "one"}, {"name": "one"}]},
        {"name": "x", "arms": [{"name": "one"}, {"name": "two", "settings": {"attribution_touch": "FIRST"}}]},
        {"name": "x", "arms": [{"name": "one"}, {"name": "two", "list": []}]},
        {"kind": "HOLDOUT", "share": 0.9},
        {"kind": "HOLDOUT", "arms": TWO["arms"]},
        {**TWO, "main_metric": "luck"},
        {**TWO, "guardrails": [{"metric": "savings", "tolerated": True}]},
    ],
)
def test_what_is_not_a_plan_is_refused_with_what_is(market: Service, wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        market.experiments.create(wrong)
    assert market.experiments.list() == {"experiments": []}


def test_an_arm_with_a_model_nobody_trained_does_not_start(market: Service) -> None:
    with pytest.raises(CobiError, match="no model of version 9"):
        started(market, {"name": "newer", "arms": [{"name": "live"}, {"name": "new", "model_version": 9}]})


def sums(database: Database) -> dict[str, int]:
    names = (
        "interactions",
        "code_reveals",
        "purchases",
        "savings",
        "active_days",
        "returned",
        "shown",
        "clicked",
    )
    with database.read() as connection:
        rows = connection.execute(exposures.select()).mappings().all()
    return {name: sum(row[name] for row in rows) for name in (*names, "before_interactions")}


def test_everything_students_do_since_their_first_answer_counts_once(
    market: Service, database: Database, clock: SettableClock
) -> None:
    experiment = started(market, TWO)
    answered(market, 0)
    student = {"student_id": an_id("customers")}
    late = interaction(
        **student, interaction_type="DISCOUNT_CODE", event_timestamp=(clock.now + HOUR) // SECOND
    )
    before = interaction(**student, event_timestamp=(clock.now - HOUR) // SECOND)
    upload(market, "user-interactions", late, before)
    bought = {**student, "offer_id": an_id("offers"), "created": format_moment(clock.now + 2 * HOUR)}
    upload(market, "transactions", minimal("transactions", 1, **bought))
    market.experiments.read(experiment)
    counted = {"interactions": 1, "code_reveals": 1, "purchases": 1, "savings": 1500, "active_days": 1}
    assert sums(database) == {**counted, "returned": 0, "shown": 6, "clicked": 0, "before_interactions": 6}
    # Something of the same day arrives late, a purchase is taken back, and a week later the student returns.
    clock.advance(8 * DAY)
    upload(
        market,
        "user-interactions",
        interaction(**late_by(late, 60)),
        interaction(**late_by(late, 8 * 86_400)),
    )
    upload(market, "transactions", minimal("transactions", 1, **bought, is_deleted=True))
    market.experiments.read(experiment)
    counted = {"interactions": 3, "code_reveals": 3, "purchases": 0, "savings": 0, "active_days": 2}
    assert sums(database) == {**counted, "returned": 1, "shown": 6, "clicked": 0, "before_interactions": 6}


def late_by(record: dict[str, Any], seconds: int) -> dict[str, Any]:
    return {**record, "event_timestamp": record["event_timestamp"] + seconds}


def test_a_stopped_experiment_counts_no_further(
    market: Service, database: Database, clock: SettableClock
) -> None:
    experiment = started(market, TWO)
    answered(market, 0)
    clock.advance(HOUR)
    market.experiments.stop(experiment)
    upload(market, "user-interactions", interaction(event_timestamp=(clock.now + HOUR) // SECOND))
    assert market.experiments.read(experiment)["state"] == "STOPPED"
    assert sums(database)["interactions"] == 0


def test_an_erased_student_leaves_all_experiments(market: Service, database: Database) -> None:
    experiment = started(market, TWO)
    answered(market, 0)
    market.experiments.read(experiment)
    student = parse_id(an_id("customers")) or b""
    [held] = market.export_student(student)["experiments"]
    assert held["experiment"] == "warmer"
    assert market.erase(student)["stores"]["exposures"]["removed"] == 1
    assert arms(database) == {}


def test_a_holdout_tells_what_recommendations_caused(service: Service, clock: SettableClock) -> None:
    """Four hundred students: whoever is recommended to reveals a code twice, whoever is held out once."""
    upload(service, "shops", minimal("shops"))
    upload(service, "offers", minimal("offers"))
    students = 400
    upload(service, "customers", *(minimal("customers", number) for number in range(students)))
    experiment = started(
        service, {"kind": "HOLDOUT", "share": 0.5, "list": "NONE", "planned_student_days": 400}
    )
    recommended = {number: bool(answered(service, number)) for number in range(students)}
    upload(
        service,
        "user-interactions",
        *(
            interaction(
                student_id=an_id("customers", number),
                interaction_type="DISCOUNT_CODE",
                event_timestamp=clock.now // SECOND + 60 + turn,
            )
            for number, shown in recommended.items()
            for turn in range((2 if shown else 1) + number % 2)
        ),
    )
    [compared] = service.experiments.read(experiment)["results"]["comparisons"]
    assert compared["decision"]["code"] == "BETTER"
    caused = service.reports.effectiveness(Question())["caused"]
    assert caused["students"]["recommended"] == sum(recommended.values())
    totals = caused["totals"]["code_reveals"]
    assert totals["low"] < sum(recommended.values()) < totals["high"]
    [told] = [row for row in caused["metrics"] if row["metric"] == "code_reveals"]
    assert abs(told["difference"]["value"] - 1) < 0.15
