"""The play on a clock of its own: what happens lies where it happened, and nothing lies ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from cobi.domain.moments import DAY, HOUR, SECOND, parse_moment
from cobi.simulation.campus import SMALL
from cobi.simulation.daily import Answered, Daily
from cobi.simulation.records import Record
from cobi.simulation.scoreboard import COBI, MIND_READER, Result
from cobi.simulation.world import World, make_world
from tests.unit.simulation.test_play import MemoryMarketplace

CAMPUS = replace(SMALL, students=150, organic_weeks=2, phase_weeks=1, daily=True)
DAYS = 14


@dataclass
class Calendar:
    now: int = 0

    def __call__(self) -> int:
        return self.now


class Company(MemoryMarketplace):
    """Notes when it was asked and told; every third student is held out."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__()
        self.calendar = calendar
        self.mornings: list[tuple[int, int]] = []
        self.told: list[tuple[int, Record]] = []
        self.bought: list[tuple[int, Record]] = []
        self.asked: list[int] = []

    def upload(self, record_type: str, records: Sequence[Record]) -> None:
        super().upload(record_type, records)
        if record_type == "transactions":
            self.bought += [(self.calendar.now, record) for record in records]

    def interact(self, records: Sequence[Record]) -> None:
        super().interact(records)
        self.told += [(self.calendar.now, record) for record in records]

    def recommend_together(self, students: Sequence[str], limit: int) -> Sequence[Answered]:
        self.asked += [self.calendar.now] * len(students)
        answers = [self.recommend(student, limit) for student in students]
        return [
            Answered(name, [] if int(name.split()[1]) % 3 == 0 else offers, int(name.split()[1]) % 5 > 0)
            for name, offers in answers
        ]

    def begin_day(self, day: int) -> None:
        self.mornings.append((day, self.calendar.now))


@dataclass
class Played:
    world: World
    company: Company
    result: Result
    until: int


@pytest.fixture(scope="module")
def played(now: int) -> Played:
    calendar = Calendar()
    world = make_world(CAMPUS, 7, now - (DAYS - 1) * DAY)
    company = Company(calendar)
    result = Daily(world, company, calendar, now, lambda *_: None).run()
    assert calendar.now == now
    return Played(world, company, result, now)


def test_every_day_begins_in_its_turn(played: Played) -> None:
    first = played.world.organic_end
    assert [day for day, _ in played.company.mornings] == list(range(DAYS))
    assert all(first + day * DAY <= at < first + day * DAY + HOUR for day, at in played.company.mornings)


def test_the_clock_never_goes_back_and_nothing_lies_ahead_of_it(played: Played) -> None:
    moments = [at for at, _ in played.company.told]
    assert moments == sorted(moments)
    assert played.company.asked == sorted(played.company.asked)
    assert all(record["event_timestamp"] <= at for at, record in played.company.told)
    assert all((parse_moment(record["created"]) or 0) <= at for at, record in played.company.bought)
    assert max(moments) <= played.until


def test_what_came_of_a_list_follows_it_within_minutes(played: Played) -> None:
    asked = set(played.company.asked)
    came = [record["event_timestamp"] for _, record in played.company.told if record["source"] == "COBI"]
    assert came
    for moment in came:
        assert any(0 < moment - before <= 5 * 60 * SECOND for before in asked)


def test_who_is_held_out_or_shown_something_else_is_nobodys_to_judge(played: Played) -> None:
    for phase in played.result.phases:
        visits = {outcome.visits for outcome in phase.everyone.outcomes.values()}
        assert len(visits) == 1
        assert phase.everyone.share_of_mind_reader(COBI) <= phase.everyone.share_of_mind_reader(MIND_READER)
    judged = sum(phase.everyone.outcomes[COBI].visits for phase in played.result.phases)
    assert 0 < judged < played.result.recommendations


def test_students_come_on_the_days_and_hours_of_a_week(played: Played) -> None:
    days = {at // DAY for at in played.company.asked}
    hours = {at % DAY // HOUR for at in played.company.asked}
    assert len(days) >= DAYS - 1
    assert len(hours) > 8


def test_the_same_seed_lives_the_same_weeks_on_any_date_and_at_any_hour(played: Played, now: int) -> None:
    calendar, later = Calendar(), now + 3 * DAY + 5 * HOUR
    world = make_world(CAMPUS, 7, later - (DAYS - 1) * DAY)
    again = Daily(world, Company(calendar), calendar, later, lambda *_: None).run()
    assert again.phases == played.result.phases
