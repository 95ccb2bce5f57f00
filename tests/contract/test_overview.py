"""`GET /v1/overview` in figures, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import DAY, SECOND, format_moment
from cobi.domain.recommendation import Wanted
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.factories import an_id, interaction, upload
from tests.marketplace import marketplace

Show = Callable[[int, int], None]


@pytest.fixture
def show(service: Service, clock: SettableClock) -> Show:
    """Answer a student, who then reveals some of the codes."""
    marketplace(service)
    service.learning.train(promote=True)

    def answer(student: int, revealed: int) -> None:
        told = service.recommend(parse_id(an_id("customers", student)) or b"", Wanted(limit=4))[0]
        for offer in told.items[:revealed]:
            act = interaction(
                interaction_type="DISCOUNT_CODE",
                student_id=an_id("customers", student),
                item_id=format_id(offer),
                source="COBI",
                recommendation_id=format_id(told.recommendation_id),
                event_timestamp=clock.now // SECOND + 1,
            )
            clock.advance(2 * SECOND)
            upload(service, "user-interactions", act)

    return answer


def test_the_last_seven_days_stand_beside_the_seven_before(
    service: Service, show: Show, clock: SettableClock
) -> None:
    show(0, 2)
    clock.advance(7 * DAY)
    show(1, 1)
    show(2, 0)
    told = service.reports.overview()
    assert [told[week]["answers"] for week in ("week", "week_before")] == [2, 1]
    assert [told[week]["revealed_impressions"] for week in ("week", "week_before")] == [1, 2]
    change = told["changes"]["code_reveal_rate"]
    assert change["value"] == pytest.approx(1 / 8 - 2 / 4)
    assert change["low"] < change["value"] < change["high"]


def test_each_of_the_last_28_days_is_told_and_their_sum_is_the_report(
    service: Service, show: Show, clock: SettableClock
) -> None:
    show(0, 1)
    clock.advance(3 * DAY)
    show(1, 1)
    days = service.reports.overview()["days"]
    assert len(days) == 28
    assert (days[-1]["day"], days[-1]["answers"], days[-4]["answers"]) == ("2026-06-18", 1, 1)
    assert sum(day["answers"] for day in days) == 2


def test_a_change_is_not_told_where_a_week_showed_nothing(service: Service, show: Show) -> None:
    show(0, 1)
    assert service.reports.overview()["changes"] == {"click_through_rate": None, "code_reveal_rate": None}


def test_what_was_caused_stands_beside_what_is_attributed_since_the_holdout_began(
    service: Service, show: Show, clock: SettableClock
) -> None:
    show(3, 3)
    clock.advance(DAY)
    made = service.experiments.create({"kind": "HOLDOUT", "share": 0.5})
    service.experiments.start(parse_id(made["experiment_id"]) or b"")
    nobody_yet = service.reports.overview()
    assert nobody_yet["holdout_since"] == format_moment(clock())
    assert nobody_yet["attributed_and_caused"] is None
    for student in range(12):
        show(student, 1)
    clock.advance(DAY)
    service.experiments.gather()
    told = service.reports.overview()
    beside = told["attributed_and_caused"]
    held_out = beside["students"]["held out"]
    assert beside["attributed"]["code_reveals"] == 12 - held_out
    assert set(beside["totals"]) >= {"code_reveals", "purchases", "amount", "savings"}
    assert {"what": "experiment_started", "name": "holdout"}.items() <= told["happened"][0].items()


def test_what_has_begun_is_told_step_by_step(service: Service, clock: SettableClock) -> None:
    assert not any(service.reports.overview()["begun"].values())
    marketplace(service)
    begun = service.reports.overview()["begun"]
    assert begun == {
        "offers": True,
        "customers": True,
        "interactions": True,
        "model": False,
        "answers": False,
    }
