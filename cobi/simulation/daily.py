"""The play on a clock of its own: the weeks of slates pass day by day, as the organic weeks before them did.

The marketplace under test goes by a clock that the play sets, so it keeps a past of weeks: what students do, buy and
are shown lies where it happened. Students come as often as they like to and at hours of their own, look at a list
for some minutes, and what they do besides is sent every hour. The last day ends at the moment the play is for; it is
on no scoreboard, so that the same campus comes to the same figures at any time of day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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
from cobi.simulation.slates import EMPTY, admitted, feedback, react, visits
from cobi.simulation.world import WEEK, World

_PACE = 6 * SECOND
"""Between what a student does with a list: the tenth offer of one is opened four minutes after it was served."""
_SITTING = 10 * MINUTE
"""After which what was done with a list has arrived."""
_LATEST_PURCHASE = 3 * DAY


class Calendar(Protocol):
    """A clock that can be set; microseconds since 1970."""

    now: int

    def __call__(self) -> int:
        """Answer the moment."""
        ...


class Answered(NamedTuple):
    """A list that was answered: whether it was the model's, or an experiment's that shows some something else."""

    recommendation_id: str
    offers: Sequence[str]
    by_model: bool = True


class Company(Marketplace, Protocol):
    """A marketplace that goes by the calendar."""

    def recommend_together(self, students: Sequence[str], limit: int) -> Sequence[Answered]:
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
        self._done: list[Record] = []
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
        students, rng = self.world.students, stream(self.world.seed, f"visits/{week}")
        sessions = rng.poisson(students.activity * (students.arrival <= week))
        coming = np.repeat(np.arange(len(sessions)), sessions)
        day, second = times_of_week(self.world, len(coming), rng)
        # Who comes twice in an hour finds the same list.
        came = np.unique(np.stack([coming, day, second // 3600], axis=1), axis=0)
        return _Week(came[:, 0], came[:, 1], came[:, 2], browse(self.world, week, self._views_last_week))

    def _day(self, phase: Phase, ahead: _Week, day: int) -> None:
        midnight = self._midnight(day)
        judged = phase if midnight + DAY <= self.until else Phase(phase.name)
        for hour in range(24):
            begin = midnight + hour * HOUR
            if begin >= self.until:
                break
            moment = begin + _minute(day, hour)
            coming = ahead.student[(ahead.day == day % 7) & (ahead.hour == hour)]
            if len(coming) and moment + _SITTING < self.until:
                self.calendar.now = max(self.calendar.now, moment)
                self._serve(judged, self.week, coming)
            self.calendar.now = max(
                self.calendar.now, self.until if self.until <= begin + HOUR else begin + HOUR - 1
            )
            self._tell(ahead.activity, begin)

    def _tell(self, activity: Activity, begin: int) -> None:
        """Send what was done in an hour, with lists and without, and what was bought since."""
        end = min(begin + HOUR, self.until)
        done = activity.take(np.flatnonzero((activity.time >= begin) & (activity.time < end)))
        self._hear(done, f"browsing/{begin - self.world.start}")
        self._interact(self._done)
        self._done = []
        now = format_moment(self.calendar.now)
        self._send("transactions", [one for one in self._to_come if one["created"] <= now])
        self._to_come = [one for one in self._to_come if one["created"] > now]

    def _serve(self, phase: Phase, week: int, students: Ints) -> None:
        """Serve those who come together.

        Whoever is shown nothing is held out, and nobody's to judge; what an experiment shows is not the model's.
        """
        served, ids, size = self.calendar.now, self.world.ids, self.world.campus.slate
        slates = np.full((len(students), size), EMPTY, dtype=np.int64)
        answers = self.company.recommend_together([ids.students[one] for one in listed(students)], size)
        for visit, answer in enumerate(answers):
            slates[visit, : len(answer.offers)] = [ids.offer_rows[offer] for offer in answer.offers]
        self.result.recommendations += len(students)
        shown = np.flatnonzero((slates != EMPTY).any(axis=1))
        if len(shown):
            moments = np.full(len(shown), served, dtype=np.int64)
            seen = visits(self.world, week, students[shown], moments, (served - self.world.start) // HOUR)
            admissible = admitted(seen, slates[shown])
            own = np.flatnonzero([answers[visit].by_model for visit in listed(shown)])
            self._judge(phase, seen.take(own), admissible[own])
            reaction = react(self.world, seen, admissible)
            came = feedback(self.world, seen, admissible, reaction, moments, _PACE)
            names = [answers[visit].recommendation_id for visit in listed(shown)]
            self._hear(came, f"feedback/{served - self.world.start}", names)

    def _hear(self, came: Activity, name: str, answers: Sequence[str] = ()) -> None:
        self._done += interactions(self.world, came, name, answers)
        # What is bought after the play has ended is never sent.
        self._to_come += transactions(self.world, came, name, self.until + _LATEST_PURCHASE)

    def _midnight(self, day: int) -> int:
        return self.world.start + day * DAY

    def _number(self, day: int) -> int:
        """The day, counted from the first on which lists are asked for."""
        return day - self.world.campus.organic_weeks * WEEK // DAY


def _minute(day: int, hour: int) -> int:
    """Some minute of an hour, always the same."""
    return (day * 7 + hour * 13) % 45 * MINUTE
