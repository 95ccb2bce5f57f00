"""A small marketplace, day by day: its apps ask for lists and send what came of them, with the usual slips.

Weekends are quieter, some interactions lose their id, some clocks are a little off: a clean loop is no perfect one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cobi.domain.moments import DAY, HOUR, MINUTE, SECOND
from cobi.selftest.door import Door, Record
from cobi.simulation.arrays import listed

PLATFORMS = ("ANDROID", "IOS", "WEB")
REGIONS = ("BH", "AE")
_KINDS = ("PAGE_VIEW", "DISCOUNT_CODE", "FILTER_CLICK", "SHARE")
_KIND_SHARES = (0.62, 0.3, 0.05, 0.03)
_WEEK = (0.9, 0.9, 1.0, 1.0, 1.2, 1.1, 0.8)
_VISITS = (8, 13, 21)
_LOST_ID, _NOT_SHOWN, _SLOW = 0.02, 0.01, 0.05
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "loop of the selftest")


@dataclass(frozen=True)
class Habits:
    """How large a marketplace is, and how its students use it."""

    students: int = 60
    offers: int = 14
    """Of each region; lists show ten."""
    comes: float = 0.8
    acts: float = 3.0
    """What a student does with a list, mean."""


@dataclass(frozen=True)
class Given:
    """An answer that an app has on its screen."""

    answer_id: str
    served: int
    student: int
    offers: Sequence[str]


@dataclass
class Act:
    """What an app sends, with what it came of."""

    given: Given
    record: Record

    @property
    def platform(self) -> str:
        """Where it was done."""
        return self.record["platform"]

    def change(self, **fields: Any) -> Act:
        """The same, sent differently."""
        return Act(self.given, {**self.record, **fields})

    def move(self, by: int) -> Act:
        """The same, said to have happened at another time."""
        return self.change(event_timestamp=self.record["event_timestamp"] + by)


@dataclass
class Loop:
    """The marketplace; `past` has the answers of each day."""

    door: Door
    habits: Habits
    luck: np.random.Generator
    past: list[list[Given]] = field(default_factory=list[list[Given]])
    _acts: int = 0

    def open(self) -> None:
        """Upload shops, offers and students."""
        for region in REGIONS:
            shop = {"shop_id": _id(f"shop/{region}", 0), "name": f"Shop of {region}", "region": region}
            self.door.upload("shops", [shop])
            offer = {"shop_id": shop["shop_id"], "type": "percentage", "value": 10, "region": region}
            self.door.upload(
                "offers",
                [{**offer, "offer_id": one, "name": f"Offer {one[:4]}"} for one in self.offers(region)],
            )
        students = range(self.habits.students)
        self.door.upload(
            "customers",
            [
                {"customer_id": self.student(n), "user_id": _id("user", n), "region": self.region(n)}
                for n in students
            ],
        )

    def student(self, number: int) -> str:
        """A student's id."""
        return _id("student", number)

    def region(self, student: int) -> str:
        """Where a student lives."""
        return REGIONS[student % len(REGIONS)]

    def platform(self, student: int) -> str:
        """What a student uses."""
        return PLATFORMS[student // len(REGIONS) % len(PLATFORMS)]

    def offers(self, region: str) -> list[str]:
        """The ids of a region's offers."""
        return [_id(f"offer/{region}", number) for number in range(self.habits.offers)]

    def begin_day(self) -> list[Given]:
        """From midnight on: whoever comes is given a list, in the morning, at noon or in the evening."""
        midnight = self.door.clock.now
        rhythm = _WEEK[midnight // DAY % 7]
        come = np.flatnonzero(self.luck.random(self.habits.students) < self.habits.comes * rhythm)
        given: list[Given] = []
        for hour, group in zip(
            _VISITS, np.array_split(self.luck.permutation(come), len(_VISITS)), strict=True
        ):
            self.door.clock.now = now = midnight + hour * HOUR
            students = listed(group)
            answers = self.door.ask_together([self.student(student) for student in students])
            given += [
                Given(answer_id, now, student, offers)
                for student, (answer_id, offers) in zip(students, answers, strict=True)
            ]
        self.past.append(given)
        return given

    def acts(self, given: Sequence[Given]) -> list[Act]:
        """What the apps send of some lists."""
        return [
            self.act(one)
            for one, many in zip(given, self.luck.poisson(self.habits.acts, len(given)).tolist(), strict=True)
            for _ in range(many)
            if one.offers
        ]

    def act(self, given: Given) -> Act:
        """One act, with the slips of a usual day."""
        self._acts += 1
        slip = self.luck.random()
        delay = int(self.luck.exponential(HOUR if slip > 1 - _SLOW else 5 * MINUTE))
        # Told apart by their microseconds, or some would be one.
        moment = given.served + SECOND + min(delay, 90 * MINUTE) + self._acts % SECOND
        offer = given.offers[min(int(self.luck.exponential(2.5)), len(given.offers) - 1)]
        if slip < _NOT_SHOWN:
            offer = next(one for one in self.offers(self.region(given.student)) if one not in given.offers)
        return Act(
            given,
            {
                "interaction_type": str(self.luck.choice(_KINDS, p=_KIND_SHARES)),
                "item_type": "OFFER",
                "item_id": offer,
                "student_id": self.student(given.student),
                "event_timestamp": moment,
                "platform": self.platform(given.student),
                "source": "COBI",
                "recommendation_id": None if _NOT_SHOWN <= slip < _NOT_SHOWN + _LOST_ID else given.answer_id,
            },
        )

    def end_day(self, acts: Sequence[Act], others: Sequence[Record] = ()) -> None:
        """Send what was done, and let the clock stand just before midnight."""
        midnight = self.door.clock.now - self.door.clock.now % DAY
        self.door.clock.now = midnight + 23 * HOUR + 30 * MINUTE
        self.door.interact([*(act.record for act in acts), *others])

    def sleep(self) -> None:
        """Go on to the next midnight."""
        self.door.clock.now += DAY - self.door.clock.now % DAY

    def clean_day(self) -> None:
        """A day on which nothing is wrong."""
        self.end_day(self.acts(self.begin_day()))

    def found(self) -> list[dict[str, Any]]:
        """What the doctor finds now."""
        return self.door.service.reports.health()["findings"]


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{number}"))
