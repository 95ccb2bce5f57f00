"""After a promotion the live figures are watched; what does clearly worse is taken back, and it is told why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cobi.actions.learning import guardrail
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import DAY, SECOND
from cobi.domain.recommendation import Recommendation, Wanted
from cobi.metrics.later import Later
from cobi.service.service import Service
from cobi.store import live_figures
from cobi.store.live_figures import Whose
from tests.conftest import SettableClock
from tests.factories import HOUR, an_id, interaction, minimal, upload, upload_all

STUDENTS, DAYS = 110, 2
HAND = {"by": "test", "reason": "a test"}


@pytest.fixture
def promoted(service: Service, clock: SettableClock) -> Service:
    """Two days of a model that reveals much, then another one goes live."""
    upload_all(service)
    upload(service, "offers", *(minimal("offers", number) for number in range(4)))
    upload(service, "customers", *(minimal("customers", number) for number in range(STUDENTS)))
    service.learning.train()
    service.learning.train()
    days(service, clock, range(STUDENTS))
    service.models.promote(2, **HAND)
    return service


def days(service: Service, clock: SettableClock, revealing: Sequence[int]) -> None:
    """Everybody is shown four offers a day; these students reveal the first at once."""

    def ask_all(transaction) -> list[Recommendation]:
        # In one transaction: four hundred commits would be most of the test.
        joined = Service(service._core.within(transaction, Later()), service._shelves)
        students = [parse_id(an_id("customers", student)) or b"" for student in range(STUDENTS)]
        return [joined.recommend(student, Wanted(4))[0] for student in students]

    for _ in range(DAYS):
        answers = service._core.write(ask_all)
        reveals = [
            interaction(
                interaction_type="DISCOUNT_CODE",
                student_id=an_id("customers", student),
                item_id=format_id(answers[student].items[0]),
                event_timestamp=clock.now // SECOND + 1,
                source="COBI",
                recommendation_id=format_id(answers[student].recommendation_id),
            )
            for student in revealing
        ]
        upload(service, "user-interactions", *reveals)
        clock.advance(DAY)


def test_a_model_that_nobody_reveals_from_is_taken_back(promoted: Service, clock: SettableClock) -> None:
    days(promoted, clock, range(2))
    assert promoted.models.watch() is None, "the answers of the last day have not had their time"
    clock.advance(HOUR)
    seen = promoted.models.watch()
    assert seen is not None
    assert seen.finding.worse
    assert [model["state"] for model in promoted.models.list()["models"]] == ["rolled_back", "live"]
    event = promoted.models.read(2)["history"][-1]
    assert (event["event"], event["by"]) == ("rolled_back", "guardrail")
    assert "code reveals per impression changed by −9" in event["reason"]
    assert promoted.models.watch() is None


def test_one_that_does_as_well_stays_and_so_does_one_nobody_wants_watched(
    promoted: Service, clock: SettableClock
) -> None:
    days(promoted, clock, range(STUDENTS - 5))
    clock.advance(HOUR)
    seen = promoted.models.watch()
    assert seen is not None
    assert not seen.finding.worse
    promoted.settings.change({"auto_rollback": False})
    assert promoted.models.watch() is None
    assert promoted.models.read(2)["state"] == "live"


def test_an_arm_that_is_shown_what_is_popular_is_the_control_whatever_it_is_called(
    promoted: Service, clock: SettableClock
) -> None:
    promoted.experiments.create({"kind": "HOLDOUT", "share": 0.5, "start": True})
    held = {
        "name": "warmer",
        "arms": [{"name": "a"}, {"name": "b", "settings": {"exploration_temperature": 1}}],
    }
    promoted.experiments.create({**held, "start": True})
    with promoted._core.reading() as connection:
        arms = guardrail._arms(connection)
    assert arms.without_model == {"holdout:held out"}
    assert arms.altered == {"holdout:held out", "warmer:b"}
    days(promoted, clock, range(STUDENTS))
    now, past = clock.now, clock.now - 30 * DAY
    with promoted._core.reading() as connection:
        control = live_figures.by_student(connection, Whose(arms.without_model), past, now, DAY)
        ours = live_figures.by_student(connection, Whose(arms.altered, 2), past, now, DAY)
        all_of_it = live_figures.by_student(connection, Whose((), 2), past, now, DAY)
    assert 0.2 * STUDENTS < len(control) < 0.8 * STUDENTS
    assert 0 < len(ours) < len(all_of_it) == STUDENTS
