"""What can go wrong with a feedback loop, planted: each in the way it comes about, with what the doctor must say."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cobi.domain.identifiers import format_id, recommendation_id
from cobi.domain.moments import DAY, HOUR
from cobi.selftest.door import Record
from cobi.selftest.loop import Act, Loop

CONSEQUENCE = "sudden_change"
"""Most faults also change the share of claims that count, and that is rightly told."""

_ROBOT_ACTS = 400


@dataclass(frozen=True)
class Fault:
    """A fault, the days it lasts, and the finding that names its cause; `spoil` makes a day's acts what is sent."""

    name: str
    code: str
    days: int
    spoil: Callable[[Loop, list[Act]], Sequence[Act]]
    where: dict[str, Any] = field(default_factory=dict[str, Any])
    asks: bool = True
    """Whether lists are asked for meanwhile."""
    more: Callable[[Loop], Sequence[Record]] = lambda _: ()

    def plant(self, loop: Loop) -> None:
        """Let its days pass."""
        for day in range(self.days):
            given = loop.begin_day() if self.asks else []
            loop.end_day(self.spoil(loop, loop.acts(given)), self.more(loop))
            if day < self.days - 1:
                loop.sleep()

    def verdict(self, found: Sequence[dict[str, Any]]) -> tuple[bool, str]:
        """Whether the doctor named this and nothing else, and what it said."""
        own = [one for one in found if one["code"] == self.code]
        others = {one["code"] for one in found} - {self.code, CONSEQUENCE}
        said = (
            ", ".join(sorted(f"{one['code']} {_place(one['where'])}".strip() for one in found)) or "nothing"
        )
        right = len(own) == 1 and own[0]["where"] == self.where and not others
        return right, said


def _on(platform: str, change: Callable[[Loop, Act], Act]) -> Callable[[Loop, list[Act]], Sequence[Act]]:
    """Only one platform's apps do so."""
    return lambda loop, acts: [change(loop, act) if act.platform == platform else act for act in acts]


def _all_as_sent(_: Loop, acts: list[Act]) -> Sequence[Act]:
    return acts


def _nothing(_: Loop, acts: list[Act]) -> Sequence[Act]:
    return acts[:0]


def _of_another_system(_: Loop, act: Act) -> Act:
    return act.change(recommendation_id=str(uuid.uuid5(uuid.NAMESPACE_OID, act.given.answer_id)))


def _of_a_lost_past(loop: Loop, act: Act) -> Act:
    before = loop.past[0][0].served - 365 * DAY
    body = uuid.UUID(act.given.answer_id).bytes[6:]
    return act.change(recommendation_id=format_id(recommendation_id(before, body)))


def _one_list_for_all(loop: Loop, acts: list[Act]) -> Sequence[Act]:
    cached = next(one for one in loop.past[-1] if loop.platform(one.student) == "ANDROID")
    return _on("ANDROID", lambda _, act: act.change(recommendation_id=cached.answer_id))(loop, acts)


def _old_lists(loop: Loop, acts: list[Act]) -> Sequence[Act]:
    """Most apps go on showing what was answered nine days ago."""
    of_student = {one.student: one for one in loop.past[-10]}
    spoilt: list[Act] = []
    for number, act in enumerate(acts):
        old = of_student.get(act.given.student)
        if number % 3 == 0 or old is None:
            spoilt.append(act)
        else:
            spoilt.append(act.change(recommendation_id=old.answer_id, item_id=old.offers[0]))
    return spoilt


def _another_item(loop: Loop, act: Act) -> Act:
    every = loop.offers(loop.region(act.given.student))
    return act.change(item_id=next(one for one in every if one not in act.given.offers))


def _without(field: str, value: str) -> Callable[[Loop, list[Act]], Sequence[Act]]:
    return lambda _, acts: [act for act in acts if act.record[field] != value]


def _without_region(loop: Loop, acts: list[Act]) -> Sequence[Act]:
    return [act for act in acts if loop.region(act.given.student) != "AE"]


def _a_bit_of_everything(loop: Loop, acts: list[Act]) -> Sequence[Act]:
    """Several slips at once, each too small to be told of by itself."""
    of_student = {one.student: one for one in loop.past[-10]}
    spoilt: list[Act] = []
    for number, act in enumerate(acts):
        turn, old = number % 8, of_student.get(act.given.student)
        if turn == 0:
            spoilt.append(_another_item(loop, act))
        elif turn in {1, 2} and old is not None:
            spoilt.append(act.change(recommendation_id=old.answer_id, item_id=old.offers[0]))
        elif turn == 3:
            spoilt.append(_another_item(loop, act).change(recommendation_id=None))
        else:
            spoilt.append(act)
    return spoilt


def _robot(loop: Loop) -> Sequence[Record]:
    hour = loop.door.clock.now - loop.door.clock.now % DAY + 12 * HOUR
    act = {"interaction_type": "PAGE_VIEW", "item_type": "OFFER", "item_id": loop.offers("BH")[0]}
    return [{**act, "user_id": "robot", "event_timestamp": hour + n * 1_000_000} for n in range(_ROBOT_ACTS)]


FAULTS = (
    Fault(
        "an app forgets the ids",
        "no_recommendation_id",
        2,
        _on("WEB", lambda _, act: act.change(recommendation_id=None)),
        {"platform": "WEB"},
    ),
    Fault(
        "an app sends another system's ids",
        "forged_ids",
        2,
        _on("IOS", _of_another_system),
        {"platform": "IOS"},
    ),
    Fault(
        "ids of a past that was lost",
        "unknown_ids",
        2,
        _on("ANDROID", _of_a_lost_past),
        {"platform": "ANDROID"},
    ),
    Fault("one list is cached for all", "shared_ids", 2, _one_list_for_all, {"platform": "ANDROID"}),
    Fault(
        "clocks two hours behind",
        "before_served",
        2,
        _on("IOS", lambda _, act: act.move(-2 * HOUR)),
        {"platform": "IOS"},
    ),
    Fault(
        "clocks three hours ahead",
        "clock_ahead",
        1,
        _on("WEB", lambda loop, act: act.move(loop.door.clock.now + 3 * HOUR - act.given.served)),
        {"platform": "WEB"},
    ),
    Fault("old lists stay on the screen", "expired", 4, _old_lists),
    Fault(
        "everything on a page is marked",
        "items_not_shown",
        3,
        _on("ANDROID", _another_item),
        {"platform": "ANDROID"},
    ),
    Fault("nobody asks for lists", "silent_answers", 3, _all_as_sent, asks=False),
    Fault("interactions are no longer passed on", "silent_feedback", 3, _nothing),
    Fault("an app stops sending", "silent_platform", 3, _without("platform", "IOS"), {"platform": "IOS"}),
    Fault("a region's clicks are lost", "silent_region", 7, _without_region, {"region": "AE"}),
    Fault(
        "code reveals are no longer sent",
        "silent_interaction_type",
        3,
        _without("interaction_type", "DISCOUNT_CODE"),
        {"interaction_type": "DISCOUNT_CODE"},
    ),
    Fault("a robot", "burst", 1, _all_as_sent, more=_robot),
    Fault("many small slips from one day to the next", "sudden_change", 2, _a_bit_of_everything),
)


def _place(where: dict[str, Any]) -> str:
    return "/".join(str(value) for value in where.values())
