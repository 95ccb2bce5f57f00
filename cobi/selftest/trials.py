"""Experiments whose truth is planted: arms that do not differ, and lists that make students reveal more codes.

Students come to a marketplace of their own, each as often as the student likes to, and reveal codes; whoever is shown
a list reveals `lift` more. In one kind of round all arms are shown the same; in the other the control is shown nothing.
Every experiment is read each day, as its intervals allow.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cobi.domain.moments import DAY, HOUR, SECOND
from cobi.domain.per_cent import signed_per_cent
from cobi.selftest.checks import Check, Tell, same
from cobi.selftest.door import Door, Record
from cobi.simulation.arrays import Floats, Ints, listed

LIFT = 0.8
_OFFERS = 12
_COMES, _REVEALS = 0.5, 0.6
"""Visits a day, codes a visit, of the average student."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "trials of the selftest")
_SURE = 0.999


@dataclass(frozen=True)
class Trial:
    """How many rounds of each kind, and how large they are."""

    students: int = 1500
    days: int = 6
    same_rounds: int = 20
    same_arms: int = 7
    lifted_rounds: int = 4


@dataclass
class Crowd:
    """Students with their habits, and what they did in the round that runs."""

    door: Door
    luck: np.random.Generator
    ids: list[str]
    comes: Floats
    keen: Floats
    offers: list[str]
    shown: Ints
    """-1 for who was not answered in this round, else how many offers the first list had."""
    revealed: Ints
    acts: int = 0

    def day(self, lift: float) -> None:
        """Who comes for the first time in a round is given a list; then codes are revealed."""
        here = np.flatnonzero(self.luck.random(len(self.ids)) < 1 - np.exp(-self.comes))
        new = listed(here[self.shown[here] < 0])
        self.shown[new] = [len(offers) for _, offers in self.door.ask_together([self.ids[n] for n in new])]
        self.door.clock.now += HOUR
        expected = self.keen[here] * np.where(self.shown[here] > 0, 1 + lift, 1.0)
        many = self.luck.poisson(expected)
        self.revealed[here] += many
        self.door.interact([self._reveal(student) for student in listed(np.repeat(here, many))])

    def _reveal(self, student: int) -> Record:
        self.acts += 1
        return {
            "interaction_type": "DISCOUNT_CODE",
            "item_type": "OFFER",
            "item_id": self.offers[self.acts % len(self.offers)],
            "student_id": self.ids[student],
            # Told apart by their times, or they would be one.
            "event_timestamp": self.door.clock.now - HOUR + 2 * SECOND + self.acts % (1800 * SECOND),
        }

    def forget(self) -> None:
        """Begin a new round."""
        self.shown[:], self.revealed[:] = -1, 0


@dataclass
class Round:
    """An experiment's comparisons on each day, and what the crowd itself knows of them."""

    looks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    truth: dict[str, float] = field(default_factory=dict[str, float])


def crowd(door: Door, trial: Trial, seed: int) -> Crowd:
    """A marketplace with one shop, and its students."""
    luck = np.random.default_rng([seed, 11])
    ids = [_id("student", number) for number in range(trial.students)]
    offers = [_id("offer", number) for number in range(_OFFERS)]
    shop = {"shop_id": _id("shop", 0), "name": "Corner", "region": "BH"}
    door.upload("shops", [shop])
    for number, offer in enumerate(offers):
        told = {"offer_id": offer, "shop_id": shop["shop_id"], "name": f"{number + 1} % off", "region": "BH"}
        door.upload("offers", [{**told, "type": "percentage", "value": number + 1}])
    door.upload(
        "customers",
        [{"customer_id": one, "user_id": _id("user", n), "region": "BH"} for n, one in enumerate(ids)],
    )
    comes = luck.gamma(1.0, _COMES, trial.students)
    keen = _REVEALS * luck.beta(2, 2, trial.students) / 0.5
    none = np.full(trial.students, -1)
    return Crowd(door, luck, ids, comes, keen, offers, none, np.zeros(trial.students, np.int64))


def prove_trials(door: Door, trial: Trial, seed: int, tell: Tell) -> Iterator[Check]:
    """Rounds without a difference, then rounds with a planted one."""
    people, rounds = crowd(door, trial, seed), trial.same_rounds + trial.lifted_rounds
    alike: list[Round] = []
    for number in range(trial.same_rounds):
        tell(number / rounds, f"A/A experiment {number + 1} of {trial.same_rounds}")
        alike.append(_play(people, _all_alike(trial, number), trial, 0.0))
    lifted: list[Round] = []
    for number in range(trial.lifted_rounds):
        tell((trial.same_rounds + number) / rounds, f"planted lift {number + 1} of {trial.lifted_rounds}")
        lifted.append(_play(people, _beside_nothing(trial, number), trial, LIFT))
    yield _false_alarms(alike)
    yield same(
        "an experiment's sums are what happened",
        {(at, name): value for at, one in enumerate(lifted) for name, value in one.truth.items()},
        {(at, name): value for at, one in enumerate(lifted) for name, value in _told(one).items()},
        "figures",
    )
    yield from _lifts(lifted)


def _play(people: Crowd, document: dict[str, Any], trial: Trial, lift: float) -> Round:
    door, played = people.door, Round()
    people.forget()
    experiments = door.service.experiments
    experiments.create({**document, "start": True})
    experiment_id = experiments.named(document["name"])
    morning = door.clock.now + 8 * HOUR
    for day in range(trial.days):
        door.clock.now = morning + day * DAY
        people.day(lift)
        door.clock.now = morning + day * DAY + 12 * HOUR
        played.looks.append(experiments.read(experiment_id)["results"])
    experiments.stop(experiment_id)
    played.truth = _truth(people)
    door.clock.now = morning + trial.days * DAY - 8 * HOUR
    return played


def _all_alike(trial: Trial, number: int) -> dict[str, Any]:
    names = ["control", *(f"same {arm}" for arm in range(1, trial.same_arms))]
    # 5 % for each comparison.
    alpha = min(0.5, 0.05 * (trial.same_arms - 1))
    return {"name": f"alike {number}", "arms": [{"name": name} for name in names], "alpha": alpha}


def _beside_nothing(trial: Trial, number: int) -> dict[str, Any]:
    arms = [{"name": "nothing", "list": "NONE"}, {"name": "lists"}]
    planned = trial.students * trial.days // 2
    return {"name": f"lifted {number}", "arms": arms, "alpha": 0.0005, "planned_student_days": planned}


def _false_alarms(rounds: list[Round]) -> Check:
    """An alarm is an interval that left out 0 on any day."""
    alarms, comparisons, read = 0, 0, 0
    for one in rounds:
        for place in range(len(one.looks[-1]["arms"]) - 1):
            comparisons += 1
            read += _main(one.looks[-1], place)["difference"]["low"] is not None
            alarms += any(_leaves_out(_main(look, place)["difference"], 0.0) for look in one.looks)
    most = _most_by_chance(comparisons, 0.05)
    return Check(
        "A/A experiments, read daily, raise no more false alarms than promised",
        f"at most 5 % each: {most} of {comparisons} by chance",
        f"{alarms} of {read} that could be read",
        alarms <= most and read == comparisons > 0,
    )


def _lifts(rounds: list[Round]) -> Iterator[Check]:
    covered = sum(not any(_leaves_out(_main(look, 0)["lift"], LIFT) for look in one.looks) for one in rounds)
    found = [_main(one.looks[-1], 0) for one in rounds]
    surely = sum((reading["lift"]["low"] or 0.0) > 0 for reading in found)
    values = ", ".join(_in_words(reading["lift"]) for reading in found)
    yield Check(
        "intervals hold a planted lift on every day",
        f"{signed_per_cent(LIFT, 0)} inside in {len(rounds)} of {len(rounds)} experiments",
        f"{covered} of {len(rounds)}: {values}",
        covered == len(rounds),
    )
    yield Check(
        "a planted lift is found",
        f"interval above 0 in {len(rounds)} of {len(rounds)} experiments",
        f"{surely} of {len(rounds)}",
        surely == len(rounds),
    )


def _truth(people: Crowd) -> dict[str, float]:
    """How many students each arm has, and how many more codes they revealed with lists, each."""
    arms = {"nothing": people.shown == 0, "lists": people.shown > 0}
    means = {arm: people.revealed[those].mean() for arm, those in arms.items() if those.any()}
    told: dict[str, float] = {arm: int(those.sum()) for arm, those in arms.items()}
    return {**told, "difference": round(means.get("lists", 0.0) - means.get("nothing", 0.0), 9)}


def _told(one: Round) -> dict[str, float]:
    results = one.looks[-1]
    difference = _main(results, 0)["unadjusted_difference"]
    students = {arm["name"]: arm["students"] for arm in results["arms"]}
    return {**students, "difference": math.nan if difference is None else round(difference, 9)}


def _main(results: dict[str, Any], place: int) -> dict[str, Any]:
    compared: list[dict[str, Any]] = results["comparisons"]
    readings: list[dict[str, Any]] = compared[place]["metrics"] if place < len(compared) else []
    nothing = dict.fromkeys(("value", "low", "high"))
    unknown: dict[str, Any] = {"difference": nothing, "lift": nothing, "unadjusted_difference": None}
    return next((one for one in readings if one["metric"] == "code_reveals"), unknown)


def _leaves_out(told: dict[str, float | None], value: float) -> bool:
    low, high = told["low"], told["high"]
    return low is not None and high is not None and not low <= value <= high


def _in_words(told: dict[str, float | None]) -> str:
    low, high = told["low"], told["high"]
    return (
        "none" if low is None or high is None else f"{signed_per_cent(low, 0)} to {signed_per_cent(high, 0)}"
    )


def _most_by_chance(trials: int, probability: float) -> int:
    """So many or fewer come with a probability of 99.9 % (binomial)."""
    total = 0.0
    for many in range(trials + 1):
        total += math.comb(trials, many) * probability**many * (1 - probability) ** (trials - many)
        if total >= _SURE:
            return many
    return trials


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{number}"))
