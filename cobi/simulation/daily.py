"""The play on a clock of its own: the weeks of slates pass day by day, as the organic weeks before them did.

The marketplace under test goes by a clock that the play sets, so it keeps a past of weeks: what students do, buy and
are shown lies where it happened. Students come at hours of their own, look at a list for some minutes, and what they
did besides is sent every evening.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cobi.domain.moments import DAY, HOUR, MINUTE, SECOND, format_moment
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import Ints, listed
from cobi.simulation.behaviour_records import interactions, transactions
from cobi.simulation.browsing import browse, times_of_week
from cobi.simulation.luck import stream
from cobi.simulation.play import Marketplace, Play, Progress
from cobi.simulation.records import Record
from cobi.simulation.scoreboard import Phase
from cobi.simulation.slates import EMPTY, admitted, feedback, visitors, visits
from cobi.simulation.world import WEEK, World

_PACE = 6 * SECOND
"""Between what a student does with a list: the tenth offer of one is opened four minutes after it was served."""
_SITTING = 10 * MINUTE
"""After which what was done with a list has arrived."""


class Calendar(Protocol):
    """A clock that can be set; microseconds since 1970."""

    now: int

    def __call__(self) -> int:
        """Answer the moment."""
        ...


class Company(Marketplace, Protocol):
    """A marketplace that goes by the calendar."""

    def recommend_together(self, students: Sequence[str], limit: int) -> Sequence[tuple[str, Sequence[str]]]:
        """Answer for many who ask at once."""
        ...

    def begin_day(self, day: int) -> None:
        """Do whatever a marketplace does in the morning; day 0 is the first on which lists are asked for."""
        ...


@dataclass(frozen=True, slots=True)
class _Week:
    """Who comes in a week for a list and when, and what is done in it without one."""

    student: Ints
    day: Ints
    hour: Ints
    activity: Activity


class Daily(Play):
    """A play that ends at the moment `until`, on the last of its days; the model is retrained before the last week."""

    def __init__(
        self, world: World, company: Company, calendar: Calendar, until: int, progress: Progress
    ) -> None:
        super().__init__(world, company, calendar, progress)
        self.company = company
        self.calendar = calendar
        self.until = until
        self._to_come: list[Record] = []
        whole = sum(self.spans)
        self.spans = (whole - 1, 1)
        calendar.now = world.organic_end

    def _phase(self, name: str, weeks: range, percent: float, span: float) -> Phase:
        phase, days = Phase(name), 7 * len(weeks)
        ahead: _Week | None = None
        for number in range(days):
            day = 7 * weeks.start + number
            self.week = day // 7
            self.calendar.now = max(self.calendar.now, self._midnight(day))
            self.progress(percent + span * number / days, f"Day {self._number(day) + 1} of lists ({name})")
            if number % 7 == 0 or ahead is None:
                self._upload(range(self.week, self.week + 1), percent + span * number / days)
                ahead = self._week_ahead(self.week)
            self.company.begin_day(self._number(day))
            self._day(phase, ahead, day)
            if number % 7 == 6:
                self._remember(ahead.activity)
        return phase

    def _week_ahead(self, week: int) -> _Week:
        luck = stream(self.world.seed, f"visits/{week}").random(self.world.campus.students)
        coming = visitors(self.world, week, luck)
        day, second = times_of_week(self.world, len(coming), stream(self.world.seed, f"hours/{week}"))
        return _Week(coming, day, second // 3600, browse(self.world, week, self._views_last_week))

    def _day(self, phase: Phase, ahead: _Week, day: int) -> None:
        midnight = self._midnight(day)
        today = ahead.day == day % 7
        for hour in sorted(set(listed(ahead.hour[today]))):
            moment = midnight + hour * HOUR + _minute(day, hour)
            if moment + _SITTING < self.until:
                self.calendar.now = max(self.calendar.now, moment)
                self._serve(phase, self.week, ahead.student[today & (ahead.hour == hour)])
        self.calendar.now = max(self.calendar.now, min(midnight + DAY - SECOND, self.until))
        self._evening(ahead.activity, midnight, f"browsing/{day}")

    def _evening(self, activity: Activity, midnight: int, name: str) -> None:
        """Send what was done without a list, and what was bought since."""
        ours = (activity.time >= midnight) & (activity.time < min(midnight + DAY, self.until))
        done = activity.take(np.flatnonzero(ours))
        self._interact(interactions(self.world, done, name))
        self._to_come += transactions(self.world, done, name, self.until)
        now = format_moment(self.calendar.now)
        self._send("transactions", [one for one in self._to_come if one["created"] <= now])
        self._to_come = [one for one in self._to_come if one["created"] > now]

    def _serve(self, phase: Phase, week: int, students: Ints) -> None:
        """Serve those who come together. Whoever is shown nothing is held out, and nobody's to judge."""
        served, ids, size = self.calendar.now, self.world.ids, self.world.campus.slate
        slates = np.full((len(students), size), EMPTY, dtype=np.int64)
        answers = self.company.recommend_together([ids.students[one] for one in listed(students)], size)
        for visit, (_, offers) in enumerate(answers):
            slates[visit, : len(offers)] = [ids.offer_rows[offer] for offer in offers]
        self.result.recommendations += len(students)
        shown = np.flatnonzero((slates != EMPTY).any(axis=1))
        if len(shown):
            moments = np.full(len(shown), served, dtype=np.int64)
            seen = visits(self.world, week, students[shown], moments)
            admissible = admitted(seen, slates[shown])
            reaction = self._judge(phase, seen, admissible)
            came = feedback(self.world, seen, admissible, reaction, moments, _PACE)
            self.calendar.now = served + _SITTING
            self._hear(came, f"feedback/{served}", [answers[visit][0] for visit in listed(shown)])

    def _hear(self, came: Activity, name: str, answers: Sequence[str]) -> None:
        self._interact(interactions(self.world, came, name, answers))
        self._to_come += transactions(self.world, came, name, self.until)

    def _midnight(self, day: int) -> int:
        return self.world.start + day * DAY

    def _number(self, day: int) -> int:
        """The day, counted from the first on which lists are asked for."""
        return day - self.world.campus.organic_weeks * WEEK // DAY


def _minute(day: int, hour: int) -> int:
    """Some minute of an hour, always the same."""
    return (day * 7 + hour * 13) % 45 * MINUTE
