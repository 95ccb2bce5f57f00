"""The closed loop: sixty days in which tastes turn, Cobi learns every night from what came of its own lists.

Code reveals per 1,000 impressions, by the hidden truth, of Cobi, of the same Cobi trained on the first night only, of
popularity and of a mind-reader, on the same students on the same days. Everything goes through the real uploads,
answers and trainings; each night's model goes live at once, tuned anew every seventh night.

    python -m benchmarks.truth.loop [--worlds 1] [--seed 0] [--days 60] [--picture docs/pictures/loop.svg]
                                    [--journal FILE [--minutes 4]]

With a journal it can be run in parts: a play that is in it is not played again, and all that is in it is summed up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.truth import loop_picture
from cobi.config.settings import Settings
from cobi.domain.interaction import InteractionType
from cobi.domain.moments import DAY, HOUR
from cobi.selftest.door import Clock, Door
from cobi.selftest.run import MORNING_OF_TIME
from cobi.service.registry import Registry
from cobi.simulation.activity import Activity
from cobi.simulation.arrays import Ints, listed
from cobi.simulation.behaviour_records import interactions, transactions
from cobi.simulation.browsing import browse
from cobi.simulation.campus import DEMO
from cobi.simulation.luck import stream
from cobi.simulation.policies import MindReader, Policy, Popularity, fill
from cobi.simulation.records import arrivals
from cobi.simulation.slates import EMPTY, Reaction, Visits, admitted, feedback, react
from cobi.simulation.world import World, make_world
from cobi.store.scratch import scratch

DAYS, TUNED_EVERY, SMOOTH, WORLDS = 60, 7, 7, 1
TURN = 0.12
"""Radians a week by which tastes turn: 59 degrees in sixty days, three times as fast as in the demonstration."""

CAMPUS = replace(
    DEMO,
    organic_weeks=6,
    phase_weeks=5,
    tastes=replace(DEMO.tastes, turn=TURN),
)
COBI, ONCE, POPULARITY, MIND_READER = (
    "Cobi, trained every night",
    "Cobi, trained once",
    "Popularity",
    "Mind-reader",
)


@dataclass
class Curve:
    """A policy's expected reveals and impressions of each day."""

    reveals: list[float] = field(default_factory=list[float])
    impressions: list[int] = field(default_factory=list[int])

    def add(self, reaction: Reaction) -> None:
        """Count a day."""
        self.reveals.append(float(reaction.expected_reveals.sum()))
        self.impressions.append(int(reaction.shown.sum()))

    def pool(self, other: Curve) -> Curve:
        """The same days of both worlds together."""
        reveals = [one + more for one, more in zip(self.reveals, other.reveals, strict=True)]
        return Curve(reveals, [a + b for a, b in zip(self.impressions, other.impressions, strict=True)])

    def rate(self, days: slice) -> float:
        """Per 1,000 impressions."""
        return 1000 * sum(self.reveals[days]) / max(sum(self.impressions[days]), 1)

    def smoothed(self) -> list[float]:
        """The mean of the week around each day, as far as there is one."""
        every = range(len(self.reveals))
        return [self.rate(slice(max(0, day - SMOOTH // 2), day + SMOOTH // 2 + 1)) for day in every]


@dataclass
class Played:
    """One marketplace through all its days."""

    door: Door
    world: World
    curves: dict[str, Curve] = field(default_factory=dict[str, Curve])
    trainings: list[float] = field(default_factory=list[float])

    def found(self) -> None:
        """Upload what is there, and the organic weeks."""
        world, campus = self.world, self.world.campus
        self.door.clock.now = world.organic_end
        for kind, records in arrivals(world, range(campus.organic_weeks)):
            self.door.upload(kind, records)
        views: Ints = np.zeros(campus.offers, dtype=np.int64)
        for week in range(campus.organic_weeks):
            views = self._browse(week, views)

    def play(self, days: int, name: str, rivals: dict[str, Policy], *, nightly: bool) -> None:
        """Serve, hear, and train at night."""
        world, clock = self.world, self.door.clock
        views: Ints = np.zeros(world.campus.offers, dtype=np.int64)
        for day in range(days):
            clock.now = world.organic_end + day * DAY
            week = world.campus.organic_weeks + day // 7
            if day == 0 or nightly:
                self._train(tuned=day % TUNED_EVERY == 0)
            if day % 7 == 0:
                for kind, records in arrivals(world, range(week, week + 1)):
                    self.door.upload(kind, records)
            clock.now += 12 * HOUR
            self._serve(day, name, rivals)
            if day % 7 == 6:
                clock.now += 11 * HOUR
                views = self._browse(week, views, rivals)

    def _train(self, *, tuned: bool) -> None:
        began = time.process_time()
        self.door.service.learning.train(promote=True, incremental=not tuned)
        self.trainings.append(time.process_time() - began)

    def _browse(self, week: int, views: Ints, rivals: dict[str, Policy] | None = None) -> Ints:
        """A week in which students come by themselves."""
        activity = browse(self.world, week, views)
        self._tell(activity, f"browsing/{week}")
        for policy in (rivals or {}).values():
            policy.watch(activity)
        return activity.offer_counts(InteractionType.PAGE_VIEW, self.world.campus.offers)

    def _serve(self, day: int, name: str, rivals: dict[str, Policy]) -> None:
        seen = _visits(self.world, day, self.door.clock.now)
        slates, answers = self._ask(seen)
        slates = admitted(seen, slates)
        reaction = react(self.world, seen, slates)
        self.curves.setdefault(name, Curve()).add(reaction)
        for rival, policy in rivals.items():
            own = fill(policy.scores(seen), seen.eligible, self.world.campus.slate)
            outcome = react(self.world, seen, own)
            policy.learn(own, outcome)
            self.curves.setdefault(rival, Curve()).add(outcome)
        served = np.full(len(seen.student), self.door.clock.now, dtype=np.int64)
        came = feedback(self.world, seen, slates, reaction, served)
        self._tell(came, f"feedback/{day}", answers)

    def _tell(self, activity: Activity, name: str, answers: Sequence[str] = ()) -> None:
        self.door.interact(interactions(self.world, activity, name, answers))
        until = self.door.clock.now + 2 * DAY
        self.door.upload("transactions", transactions(self.world, activity, name, until))

    def _ask(self, seen: Visits) -> tuple[Ints, list[str]]:
        ids, size = self.world.ids, self.world.campus.slate
        slates = np.full((len(seen.student), size), EMPTY, dtype=np.int64)
        found = self.door.ask_together([ids.students[student] for student in listed(seen.student)], size)
        for visit, (_, offers) in enumerate(found):
            slates[visit, : len(offers)] = [ids.offer_rows[offer] for offer in offers]
        return slates, [answer_id for answer_id, _ in found]


def _visits(world: World, day: int, now: int) -> Visits:
    """Who comes on a day; the taste is that day's, and so is the luck."""
    week = world.campus.organic_weeks + day / 7
    chance = (1 - np.exp(-world.students.activity / 7)) * (world.students.arrival <= int(week))
    luck = stream(world.seed, f"days/{day}").random(len(chance))
    student = np.flatnonzero(luck < chance)
    view, reveal = world.view_and_reveal(student, week)
    return Visits(
        10_000 + day, 10_000 + day, student, world.eligible_for(student, now, int(week)), view, reveal
    )


@dataclass
class Journal:
    """The curves that were played, by their world's seed and the play's name; kept in a file where there is one."""

    days: int
    file: Path | None = None
    until: float = float("inf")
    """Nothing is begun after this moment of the performance counter."""

    def __post_init__(self) -> None:
        lines = self.file.read_text().splitlines() if self.file is not None and self.file.exists() else []
        self._found = [json.loads(line) for line in lines]

    def curves(self, seed: int, name: str) -> dict[str, Curve] | None:
        """Of a play, from what is known or by playing; None where there is no time left to play."""
        for one in self._found:
            if (one["seed"], one["days"], one["play"]) == (seed, self.days, name):
                return {of: Curve(**curve) for of, curve in one["curves"].items()}
        if time.perf_counter() > self.until:
            return None
        curves = play(seed, self.days, name)
        if self.file is not None:
            kept = {"seed": seed, "days": self.days, "play": name}
            with self.file.open("a") as lines:
                told = {of: asdict(curve) for of, curve in curves.items()}
                lines.write(f"{json.dumps({**kept, 'curves': told})}\n")
        return curves

    def together(self, seeds: Sequence[int]) -> dict[str, Curve]:
        """The curves of the worlds that were played whole, as one."""
        pooled: dict[str, Curve] = {}
        for seed in seeds:
            plays = [self.curves(seed, name) for name in (COBI, ONCE)]
            whole = {of: curve for curves in plays if curves for of, curve in curves.items()}
            if None in plays:
                continue
            pooled = {of: curve.pool(whole[of]) for of, curve in pooled.items()} if pooled else whole
        return pooled


def play(seed: int, days: int, name: str) -> dict[str, Curve]:
    """The curves of one Cobi in one world; beside the one that learns every night, those of the rivals too."""
    clock, began, nightly = Clock(MORNING_OF_TIME), time.process_time(), name == COBI
    with scratch(None, seed) as (places, _):
        registry = Registry(Settings(data=Path("unused")), clock, places=places)
        try:
            registry.create("loop")
            world = make_world(CAMPUS, seed, clock.now)
            played = Played(Door(registry.named("loop"), clock), world)
            played.found()
            popularity = Popularity(seed, CAMPUS.offers)
            rivals: dict[str, Policy] = {POPULARITY: popularity, MIND_READER: MindReader()}
            _prepare(popularity, world)
            played.play(days, name, rivals if nightly else {}, nightly=nightly)
        finally:
            registry.close()
    trained = f"{len(played.trainings)} trainings of {np.median(played.trainings):.1f} s (median)"
    took = f"{time.process_time() - began:.0f} s of processor time in all"
    print(f"  world {seed}, {name}: {trained}, {took}", flush=True)
    return played.curves


def _prepare(popularity: Policy, world: World) -> None:
    """Let it have seen the organic weeks, as Cobi has."""
    views: Ints = np.zeros(world.campus.offers, dtype=np.int64)
    for week in range(world.campus.organic_weeks):
        activity = browse(world, week, views)
        popularity.watch(activity)
        views = activity.offer_counts(InteractionType.PAGE_VIEW, world.campus.offers)


def tell(curves: dict[str, Curve]) -> None:
    """Print reveals per 1,000 impressions by fortnight, and the share of the mind-reader's at start and end."""
    days = len(curves[MIND_READER].reveals)
    spans = [slice(begin, min(begin + 10, days)) for begin in range(0, days, 10)]
    heads = "".join(f"{f'day {span.start + 1}-{span.stop}':>12}" for span in spans)
    print(f"  {'reveals per 1,000 impressions':30}{heads}{'share, first week':>20}{'last week':>12}")
    best = curves[MIND_READER]
    for name, curve in curves.items():
        rates = "".join(f"{curve.rate(span):>12.1f}" for span in spans)
        shares = [curve.rate(week) / best.rate(week) for week in (slice(0, 7), slice(days - 7, days))]
        print(f"  {name:30}{rates}{shares[0]:>20.1%}{shares[1]:>12.1%}", flush=True)


def run(worlds: int, seed: int) -> None:
    """A few worlds are enough: each is thousands of visits and sixty trainings."""
    worlds = min(worlds, WORLDS)
    print(f"\n{DAYS} days of {worlds} campuses of {CAMPUS.students:,} students whose tastes turn")
    tell(Journal(DAYS).together(range(seed, seed + worlds)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it, and draw it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth.loop", description=__doc__)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after these")
    given = parser.parse_args(arguments)
    journal = Journal(given.days, given.journal, time.perf_counter() + 60 * given.minutes)
    curves = journal.together(range(given.seed, given.seed + given.worlds))
    if not curves:
        print("no world was played whole yet")
        return
    tell(curves)
    if given.picture:
        lines = {name: curve.smoothed() for name, curve in curves.items()}
        given.picture.write_text(loop_picture.draw(lines))


if __name__ == "__main__":
    main()
