"""The feedback doctor finds what is planted, says what it comes of, and finds nothing in a clean month."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from cobi.domain.identifiers import format_id, parse_id, recommendation_id
from cobi.domain.moments import DAY, SECOND
from cobi.domain.recommendation import Wanted
from cobi.domain.reports import Question
from cobi.service.service import Service
from tests.conftest import SettableClock
from tests.factories import HOUR, NOON, an_id, interaction, minimal, upload

STUDENTS = 4
DAYS = 20
PLATFORMS = ("IOS", "WEB")


class Month:
    """Each day every student is answered on, and acts on, both platforms as often as told."""

    def __init__(self, service: Service, clock: SettableClock) -> None:
        self.service, self.clock = service, clock
        self.seconds = count(60)
        upload(service, "customers", *(minimal("customers", number) for number in range(STUDENTS)))

    def acts(
        self, times: int = 4, platforms: Iterable[str] = PLATFORMS, **changes: Any
    ) -> list[dict[str, Any]]:
        """What a day's students send."""
        sent: list[dict[str, Any]] = []
        for number in range(STUDENTS):
            student = an_id("customers", number)
            [answer] = self.service.recommend(parse_id(student) or b"", Wanted())
            for _ in range(times):
                for platform in platforms:
                    moment = self.clock.now // SECOND + next(self.seconds) % 500
                    claim = {"source": "COBI", "recommendation_id": format_id(answer.recommendation_id)}
                    told = {"student_id": student, "platform": platform, "event_timestamp": moment}
                    sent.append(interaction(**{**told, **claim, **changes}))
        return sent

    def day(self, sent: list[dict[str, Any]]) -> None:
        """Send these and go on to the next day."""
        # Told apart by their seconds, or they would be one.
        upload(self.service, "user-interactions", *sent)
        self.clock.advance(DAY)

    def codes(self) -> dict[str, dict[str, Any]]:
        """What the doctor finds, by code, an hour before the next day begins."""
        self.clock.advance(-HOUR)
        told = self.service.reports.health()
        self.clock.advance(HOUR)
        return {finding["code"]: finding for finding in told["findings"]}


@pytest.fixture
def month(campus: Service, clock: SettableClock) -> Month:
    """A clean month but for its last days."""
    month = Month(campus, clock)
    for _ in range(DAYS):
        month.day(month.acts(times=3))
    assert month.codes() == {}
    return month


def test_ids_that_are_not_sent(month: Month) -> None:
    month.day([*month.acts(2), *month.acts(6, ["WEB"], recommendation_id=None)])
    finding = month.codes()["no_recommendation_id"]
    assert finding["where"] == {"platform": "WEB"}
    assert finding["since"] == "2026-07-05"
    assert len(finding["samples"]) == 5


def test_ids_nobody_gave(month: Month) -> None:
    month.day(month.acts(6, recommendation_id=an_id("nobody's")))
    assert {"forged_ids"} <= set(month.codes()) <= {"forged_ids", "sudden_change"}


def test_ids_nobody_remembers(month: Month) -> None:
    of_old = recommendation_id(NOON - 400 * DAY, bytes(range(10)))
    month.day(month.acts(6, recommendation_id=format_id(of_old)))
    assert "unknown_ids" in month.codes()
    assert "forged_ids" not in month.codes()


def test_one_answer_for_many_students(month: Month) -> None:
    [one] = month.service.recommend(parse_id(an_id("customers")) or b"", Wanted())
    month.day(month.acts(6, recommendation_id=format_id(one.recommendation_id)))
    finding = month.codes()["shared_ids"]
    shared = {"recommendation_id": format_id(one.recommendation_id), "students": STUDENTS - 1}
    assert finding["figures"]["shared_answers"] == [shared]


def test_clocks_that_are_behind(month: Month) -> None:
    sent = month.acts(6, ["IOS"])
    month.day([{**one, "event_timestamp": one["event_timestamp"] - 2 * 3600} for one in sent])
    assert month.codes()["before_served"]["where"] == {"platform": "IOS"}


def test_clocks_that_are_ahead(month: Month) -> None:
    sent = month.acts(30, ["IOS"])
    month.day([{**one, "event_timestamp": one["event_timestamp"] + 3 * 3600} for one in sent])
    assert month.codes()["clock_ahead"]["where"] == {"platform": "IOS"}


def test_items_that_were_not_shown(month: Month) -> None:
    upload(month.service, "shops", minimal("shops", 1))
    month.day(month.acts(30, item_type="SHOP", item_id=an_id("shops", 1)))
    assert "items_not_shown" in month.codes()
    assert "sudden_change" in month.codes()


def test_lists_that_are_too_old(month: Month) -> None:
    sent = month.acts(30)
    month.clock.advance(8 * DAY)
    month.day([{**one, "event_timestamp": one["event_timestamp"] + 8 * 86_400} for one in sent])
    assert "expired" in month.codes()


def test_a_platform_that_falls_silent(month: Month) -> None:
    for _ in range(3):
        month.day(month.acts(3, ["WEB"]))
    finding = month.codes()["silent_platform"]
    assert (finding["where"], finding["since"]) == ({"platform": "IOS"}, "2026-07-05")


def test_a_region_whose_lists_nobody_clicks(month: Month) -> None:
    upload(month.service, "customers", minimal("customers", 9, region="AE"))
    upload(month.service, "offers", minimal("offers", 9, region="AE"))
    for _ in range(40):
        month.service.recommend(parse_id(an_id("customers", 9)) or b"", Wanted())
    month.day(month.acts(3))
    assert month.codes()["silent_region"]["where"] == {"region": "AE"}


def test_a_robot(month: Month) -> None:
    start = month.clock.now // SECOND - month.clock.now // SECOND % 3600
    month.day([interaction(event_timestamp=start + second) for second in range(400)])
    finding = month.codes()["burst"]
    assert finding["figures"]["most_in_an_hour"] == 400


def test_what_most_platforms_share_is_told_once(month: Month) -> None:
    month.day(month.acts(6, recommendation_id=an_id("nobody's")))
    told = [one for one in month.service.reports.health()["findings"] if one["code"] == "forged_ids"]
    assert [one["where"] for one in told] == [{}]


def test_interactions_that_are_no_longer_passed_on(month: Month) -> None:
    for _ in range(3):
        month.acts(3)
        month.day([])
    assert list(month.codes()) == ["silent_feedback"]


def test_lists_that_are_no_longer_asked_for(month: Month) -> None:
    month.clock.advance(3 * DAY)
    # Four students a day are too few to tell.
    assert list(month.codes()) == ["silent_feedback"]


def test_a_type_of_interaction_that_is_no_longer_sent(month: Month) -> None:
    for _ in range(8):
        month.day([*month.acts(2), *month.acts(2, interaction_type="DISCOUNT_CODE")])
    assert month.codes() == {}
    for _ in range(3):
        month.day(month.acts(4))
    finding = month.codes()["silent_interaction_type"]
    assert (finding["where"], finding["since"]) == ({"interaction_type": "DISCOUNT_CODE"}, "2026-07-13")


def test_reports_of_days_with_a_fault_say_so_for_ever(month: Month) -> None:
    for _ in range(2):
        month.day([*month.acts(2), *month.acts(6, ["WEB"], recommendation_id=None)])
        month.service.tidy()
    for _ in range(12):
        month.day(month.acts(3))
    month.service.tidy()
    assert month.codes() == {}
    report = month.service.reports.effectiveness(Question())
    [doubt] = report["doubts"]
    days = ("no_recommendation_id", "2026-07-05", "2026-07-06", {"platform": "WEB"})
    assert (doubt["code"], doubt["since"], doubt["until"], doubt["where"]) == days
    starred = [row["day"] for row in report["days"] if row["doubts"]]
    assert starred == ["2026-07-05", "2026-07-06"]
    before = month.service.reports.effectiveness(Question(until=NOON + 19 * DAY))
    assert before["doubts"] == []
