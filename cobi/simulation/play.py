"""The play: a marketplace uploads, its students behave, it trains, serves slates, hears back, trains again.

`Marketplace` is what plays Cobi's part, over HTTP or in memory. The other policies see the same students in
the same weeks, but only in the mind of the judge: their slates are evaluated by the hidden truth with the
same luck and leave no trace in the marketplace. What the marketplace's slates bring is sent back to it,
stamped right after it served.

The organic weeks lie before `now`; the weeks of slates pass at `now` (see `world`). In each of those weeks
new students and offers are uploaded first, then those who come are served, then they browse by themselves as
well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from cobi.domain.interaction import InteractionType
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import Ints, listed
from cobi.simulation.behaviour_records import interactions, transactions
from cobi.simulation.browsing import browse
from cobi.simulation.campus import Campus
from cobi.simulation.luck import stream
from cobi.simulation.policies import Chance, MindReader, Policy, Popularity, fill
from cobi.simulation.records import Record, arrivals
from cobi.simulation.scoreboard import COBI, Phase, Result
from cobi.simulation.slates import (
    EMPTY,
    WORTHLESS,
    Reaction,
    Visits,
    admitted,
    feedback,
    react,
    visitors,
    visits,
)
from cobi.simulation.world import World, make_world

BATCH = 5000
"""Records a request may carry (contract §2)."""
_AUDIENCE = 50  # visits after which their feedback is sent; nobody comes twice a week, so it is never late
_NEWCOMER = 3  # interactions up to which a student counts as new


class Marketplace(Protocol):
    """What the play needs of the system under test."""

    def upload(self, record_type: str, records: Sequence[Record]) -> None:
        """Take at most BATCH records of one type."""
        ...

    def interact(self, records: Sequence[Record]) -> None:
        """Take at most BATCH interactions."""
        ...

    def recommend(self, student_id: str, limit: int) -> tuple[str, Sequence[str]]:
        """Answer a recommendation's id and its offers, best first."""
        ...

    def train(self) -> None:
        """Learn from everything so far and serve from it."""
        ...


Progress = Callable[[float, str], None]
"""Hears how many per cent are done and what is being done."""
Clock = Callable[[], int]
"""Answers the moment: microseconds since 1970."""


def _silent(percent: float, message: str) -> None:
    """Report to nobody."""


def play(
    campus: Campus, seed: int, marketplace: Marketplace, now: Clock, progress: Progress = _silent
) -> Result:
    """Play a campus from founding to the end of the second recommended phase."""
    progress(0, "Founding the campus")
    return Play(make_world(campus, seed, now()), marketplace, now, progress).run()


class Play:
    """One run of the play; holds what has happened so far."""

    def __init__(
        self, world: World, marketplace: Marketplace, now: Clock, progress: Progress = _silent
    ) -> None:
        self.world = world
        self.marketplace = marketplace
        self.now = now
        self.progress = progress
        self.result = Result(world.seed)
        self.week = 0  # on the taste clock
        self.spans = (world.campus.phase_weeks, world.campus.phase_weeks)
        """Weeks of slates before retraining, and after it."""
        self.rivals: list[Policy] = [
            Chance(world.seed),
            Popularity(world.seed, world.campus.offers),
            MindReader(),
        ]
        self._views_last_week = np.zeros(world.campus.offers, dtype=np.int64)
        self._history = np.zeros(world.campus.students, dtype=np.int64)

    def run(self) -> Result:
        """Play everything."""
        campus = self.world.campus
        self._upload(range(campus.organic_weeks), 2)
        self._organic_weeks(8, 35)
        first = campus.organic_weeks
        phases = (("before retraining", 35, 30), ("after retraining", 68, 32))
        for (name, start, span), weeks in zip(phases, self.spans, strict=True):
            self.progress(start, "Training" if not self.result.phases else "Retraining on the feedback")
            self.marketplace.train()
            self.result.phases.append(self._phase(name, range(first, first + weeks), start + 5, span - 6))
            first += weeks
        self.progress(100, "Done")
        return self.result

    def _upload(self, weeks: range, percent: float) -> None:
        """Upload what arrives in some weeks."""
        for record_type, records in arrivals(self.world, weeks):
            self.progress(percent, f"Uploading {record_type}")
            self._send(record_type, records)

    def _send(self, record_type: str, records: list[Record]) -> None:
        for batch in _batches(records):
            self.marketplace.upload(record_type, batch)
        self.result.records[record_type] = self.result.records.get(record_type, 0) + len(records)

    def _interact(self, records: list[Record]) -> None:
        for batch in _batches(records):
            self.marketplace.interact(batch)
        self.result.interactions += len(records)

    def _organic_weeks(self, percent: float, until: float) -> None:
        weeks = self.world.campus.organic_weeks
        for week in range(weeks):
            self.progress(percent + (until - percent) * week / weeks, f"Week {week + 1}: students browse")
            self._browse(week, live=False)

    def _browse(self, week: int, *, live: bool) -> None:
        """Play a week of organic behaviour; a live one passes now."""
        self.week = week
        moment = self.now() if live else None
        activity = browse(self.world, week, self._views_last_week, moment)
        self._interact(interactions(self.world, activity, f"browsing/{week}"))
        until = self.world.organic_end if moment is None else moment
        self._send("transactions", transactions(self.world, activity, f"browsing/{week}", until))
        self._remember(activity)

    def _remember(self, activity: Activity) -> None:
        """Note a week of organic behaviour for those that come after it."""
        self._views_last_week = activity.offer_counts(InteractionType.PAGE_VIEW, self.world.campus.offers)
        self._history += np.bincount(activity.student, minlength=len(self._history))
        for policy in self.rivals:
            policy.watch(activity)

    def _phase(self, name: str, weeks: range, percent: float, span: float) -> Phase:
        phase = Phase(name)
        for number, week in enumerate(weeks):
            done = percent + span * number / len(weeks)
            self.week = week
            self._upload(range(week, week + 1), done)
            luck = stream(self.world.seed, f"visits/{week}").random(self.world.campus.students)
            coming = visitors(self.world, week, luck)
            for begin in range(0, len(coming), _AUDIENCE):
                share = begin / max(len(coming), 1)
                self.progress(
                    done + span / len(weeks) * share, f"Week {week + 1}: serving recommendations ({name})"
                )
                self._serve(phase, week, coming[begin : begin + _AUDIENCE])
            self._browse(week, live=True)
        return phase

    def _serve(self, phase: Phase, week: int, students: Ints) -> None:
        """Serve some visits, let the rivals be judged on them, and send back what the slates brought."""
        moments, served, names, slates = self._ask(students)
        seen = visits(self.world, week, students, moments)
        slates = admitted(seen, slates)
        came = feedback(self.world, seen, slates, self._judge(phase, seen, slates), served)
        name = f"feedback/{week}/{students[0]}"
        self._interact(interactions(self.world, came, name, names))
        self._send("transactions", transactions(self.world, came, name, self.now()))

    def _judge(self, phase: Phase, seen: Visits, slates: Ints) -> Reaction:
        """Let the students of some visits react to the marketplace's slates, and in the mind to the rivals'."""
        newcomer = self._history[seen.student] <= _NEWCOMER
        new = self.world.new_offers(self.now(), seen.week)
        for rival in self.rivals:
            own = fill(rival.scores(seen), seen.eligible, self.world.campus.slate)
            outcome = react(self.world, seen, own)
            rival.learn(own, outcome)
            phase.add(rival.name, own, outcome, newcomer, new)
        reaction = react(self.world, seen, slates)
        phase.add(COBI, slates, reaction, newcomer, new)
        return reaction

    def _ask(self, students: Ints) -> tuple[Ints, Ints, list[str], Ints]:
        """Ask for a slate per student: moments before and after, recommendation ids, visits × positions."""
        size, rows = self.world.campus.slate, self.world.ids.offer_rows
        slates = np.full((len(students), size), EMPTY, dtype=np.int64)
        moments = np.zeros((2, len(students)), dtype=np.int64)
        names: list[str] = []
        for visit, student in enumerate(listed(students)):
            moments[0, visit] = self.now()
            name, offers = self.marketplace.recommend(self.world.ids.students[student], size)
            moments[1, visit] = self.now()
            names.append(name)
            shown = [rows.get(offer, WORTHLESS) for offer in offers[:size]]
            slates[visit, : len(shown)] = shown
        self.result.recommendations += len(students)
        return moments[0], moments[1], names, slates


def _batches(records: list[Record]) -> Iterator[list[Record]]:
    for begin in range(0, len(records), BATCH):
        yield records[begin : begin + BATCH]
