"""A simulated campus for some days: it uploads, trains, is served, reacts, and buys; the ledger is told of all.

Phones that are offline keep what their students did; it is sent late.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import DAY, HOUR, SECOND
from cobi.selftest.checks import Tell
from cobi.selftest.door import Door, Record
from cobi.selftest.ledger import Answer, Claim, Ledger
from cobi.simulation.arrays import Ints, listed
from cobi.simulation.behaviour_records import interactions, transactions
from cobi.simulation.browsing import browse
from cobi.simulation.campus import SMALL, Campus
from cobi.simulation.luck import stream
from cobi.simulation.records import arrivals
from cobi.simulation.slates import EMPTY, WORTHLESS, admitted, feedback, react, visits
from cobi.simulation.world import World, make_world

_EXPLORING = {"exploration_temperature": 0.3}
_LATE_SHARE = 0.3


@dataclass(frozen=True)
class Size:
    """How much is played."""

    campus: Campus = field(default_factory=lambda: replace(SMALL, students=300, offers=120, organic_weeks=3))
    days: int = 10
    visits: int = 60
    """Students that come on a day."""
    late_days: frozenset[int] = frozenset({2, 5, 7})
    """Days on which some phones are offline."""


@dataclass
class Stay:
    """What was played, and what is still to be sent."""

    door: Door
    world: World
    ledger: Ledger
    sent: list[Record] = field(default_factory=list[Record])
    late: list[Claim] = field(default_factory=list[Claim])
    unsold: list[Record] = field(default_factory=list[Record])
    worthless: int = 0
    """Places of lists with what may not be shown, or stands there twice."""

    def deliver(self) -> None:
        """Send what the phones kept."""
        self.door.interact([claim.record for claim in self.late])
        self.sent += [claim.record for claim in self.late]
        self.ledger.claims += self.late
        self.late = []

    def sell(self) -> None:
        """Upload the purchases."""
        self.door.upload("transactions", self.unsold)
        self.ledger.bought += self.unsold
        self.unsold = []


def stay(door: Door, size: Size, seed: int, tell: Tell) -> Stay:
    """Play some days, from founding on; the clock then stands some days after the last one."""
    world = make_world(size.campus, seed, door.clock.now)
    played = Stay(door, world, Ledger(world))
    tell(0.0, "founding a campus")
    _found(played)
    tell(0.2, "training its first model")
    door.service.learning.train(promote=True)
    door.service.settings.change(dict(_EXPLORING))
    midnight = door.clock.now
    for day in range(size.days):
        tell(0.4 + 0.6 * day / size.days, f"serving day {day + 1} of {size.days}")
        door.clock.now = midnight + day * DAY + 10 * HOUR
        _serve(played, size, day)
    door.clock.now = midnight + (size.days + 3) * DAY
    return played


def _found(played: Stay) -> None:
    world, door = played.world, played.door
    door.clock.now = world.organic_end
    _upload(played, range(world.campus.organic_weeks))
    views: Ints = np.zeros(world.campus.offers, dtype=np.int64)
    for week in range(world.campus.organic_weeks):
        activity = browse(world, week, views)
        door.interact(interactions(world, activity, f"browsing/{week}"))
        views = activity.offer_counts(InteractionType.PAGE_VIEW, world.campus.offers)


def _upload(played: Stay, weeks: range) -> None:
    for kind, records in arrivals(played.world, weeks):
        played.door.upload(kind, records)


def _serve(played: Stay, size: Size, day: int) -> None:
    """A day's visits: lists are asked for, looked at, and most of what came of them is sent."""
    world, door = played.world, played.door
    week = world.campus.organic_weeks + day // 7
    if day % 7 == 0:
        _upload(played, range(week, week + 1))
    luck = stream(world.seed, f"coming/{day}")
    present = np.flatnonzero(world.students.arrival <= week)
    students = np.sort(luck.choice(present, size.visits, replace=False))
    slates = np.full((len(students), world.campus.slate), EMPTY, dtype=np.int64)
    answers = [_ask(played, student, slates[visit]) for visit, student in enumerate(listed(students))]
    served = np.array([answer.served for answer in answers], dtype=np.int64)
    seen = visits(world, week, students, served)
    usable = admitted(seen, slates)
    played.worthless += int((usable == WORTHLESS).sum())
    came = feedback(world, seen, usable, react(world, seen, usable), served)
    records = interactions(world, came, f"feedback/{day}", [answer.answer_id for answer in answers])
    claims = [
        Claim(
            answers[int(came.slate[row])],
            InteractionType(int(came.interaction[row])),
            ItemType(int(came.item_type[row])),
            int(came.item[row]),
            int(came.time[row]),
            record,
        )
        for row, record in enumerate(records)
    ]
    offline = luck.random(len(claims)) < (_LATE_SHARE if day in size.late_days else 0.0)
    now = [claim for claim, kept in zip(claims, offline, strict=True) if not kept]
    played.late += [claim for claim, kept in zip(claims, offline, strict=True) if kept]
    door.clock.now += HOUR
    door.interact([claim.record for claim in now])
    played.ledger.answers += answers
    played.ledger.claims += now
    played.sent += [claim.record for claim in now]
    played.unsold += transactions(world, came, f"feedback/{day}", door.clock.now + 3 * DAY)


def _ask(played: Stay, student: int, slate: Ints) -> Answer:
    world, door = played.world, played.door
    door.clock.now += SECOND
    answer_id, offers = door.ask(world.ids.students[student], len(slate))
    rows = tuple(world.ids.offer_rows[offer] for offer in offers)
    slate[: len(rows)] = rows
    return Answer(answer_id, door.clock.now, student, rows)
