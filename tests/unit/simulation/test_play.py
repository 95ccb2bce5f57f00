from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest

from cobi.simulation.campus import SMALL
from cobi.simulation.play import BATCH, Play
from cobi.simulation.policies import MindReader, fill
from cobi.simulation.records import Record
from cobi.simulation.scoreboard import CHANCE, COBI, MIND_READER, POPULARITY, Result
from cobi.simulation.slates import visits
from cobi.simulation.world import World, make_world


class MemoryMarketplace:
    """Takes everything and serves by the counts of revealed codes it had when it last trained."""

    def __init__(self) -> None:
        self.uploaded: Counter[str] = Counter()
        self.interactions: list[Record] = []
        self.trainings: list[int] = []
        self.offers: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.served: dict[str, str] = {}

    def upload(self, record_type: str, records: Sequence[Record]) -> None:
        assert 0 < len(records) <= BATCH
        self.uploaded[record_type] += len(records)
        if record_type == "offers":
            self.offers.update((record["offer_id"], record["region"]) for record in records)
        if record_type == "customers":
            self.regions.update((record["customer_id"], record["region"]) for record in records)

    def interact(self, records: Sequence[Record]) -> None:
        assert 0 < len(records) <= BATCH
        self.interactions.extend(records)

    def train(self) -> None:
        self.trainings.append(len(self.interactions))
        self.counts = Counter(
            record["item_id"] for record in self.interactions if record["interaction_type"] == "DISCOUNT_CODE"
        )

    def recommend(self, student_id: str, limit: int) -> tuple[str, Sequence[str]]:
        region = self.regions[student_id]
        offers = sorted((offer for offer in self.offers if self.offers[offer] == region), key=self._rank)
        name = f"recommendation {len(self.served)}"
        self.served[name] = student_id
        return name, offers[:limit]

    def _rank(self, offer: str) -> tuple[int, str]:
        return -self.counts[offer], offer


class Oracle(MemoryMarketplace):
    """Knows the hidden truth and serves by it."""

    def __init__(self, world: World, week: Callable[[], int], now: int) -> None:
        super().__init__()
        self.world, self.week, self.now = world, week, now

    def recommend(self, student_id: str, limit: int) -> tuple[str, Sequence[str]]:
        student = np.array([self.world.ids.students.index(student_id)])
        seen = visits(self.world, self.week(), student, np.array([self.now]))
        slate = fill(MindReader().scores(seen), seen.eligible, limit)[0]
        return "oracle", [self.world.ids.offers[offer] for offer in slate if offer >= 0]


class Broken(MemoryMarketplace):
    """Answers what nobody ever uploaded, or nothing."""

    def recommend(self, student_id: str, limit: int) -> tuple[str, Sequence[str]]:
        return "broken", ["no such offer"] * limit if student_id < "8" else []


def run(world: World, marketplace: MemoryMarketplace, now: int) -> Result:
    return Play(world, marketplace, lambda: now).run()


@pytest.fixture(scope="module")
def marketplace() -> MemoryMarketplace:
    return MemoryMarketplace()


@pytest.fixture(scope="module")
def result(world: World, marketplace: MemoryMarketplace, now: int) -> Result:
    return run(world, marketplace, now)


def test_popularity_beats_chance_and_the_mind_reader_beats_all(result: Result) -> None:
    for phase in result.phases:
        share = phase.everyone.share_of_mind_reader
        assert share(CHANCE) < 0.75 * share(POPULARITY)
        assert max(share(POPULARITY), share(COBI)) < share(MIND_READER) == 1


def test_all_policies_are_judged_on_the_same_visits(result: Result) -> None:
    for phase in result.phases:
        assert len({outcome.visits for outcome in phase.everyone.outcomes.values()}) == 1
        assert set(phase.everyone.outcomes) == {CHANCE, POPULARITY, MIND_READER, COBI}
        newcomers = phase.newcomers.outcomes[COBI].visits
        assert 0 < newcomers < phase.everyone.outcomes[COBI].visits


def test_an_oracle_behind_the_protocol_equals_the_mind_reader(world: World, now: int) -> None:
    play = Play(world, oracle := Oracle(world, lambda: play.week, now), lambda: now)
    for phase in play.run().phases:
        outcomes = phase.everyone.outcomes
        assert asdict(outcomes[COBI]) == {**asdict(outcomes[MIND_READER]), "policy": COBI}
    assert oracle.trainings


def test_the_same_seed_gives_the_same_numbers(world: World, result: Result, now: int) -> None:
    assert asdict(run(make_world(SMALL, 7, now), MemoryMarketplace(), now)) == asdict(result)


def test_other_policies_fare_the_same_whatever_the_marketplace_serves(
    world: World, result: Result, now: int
) -> None:
    other = run(world, Broken(), now)
    for ours, theirs in zip(result.phases, other.phases, strict=True):
        for policy in (CHANCE, POPULARITY, MIND_READER):
            assert ours.everyone.outcomes[policy] == theirs.everyone.outcomes[policy]


def test_a_broken_marketplace_earns_nothing(world: World, now: int) -> None:
    for phase in run(world, Broken(), now).phases:
        outcome = phase.everyone.outcomes[COBI]
        assert outcome.worthless == outcome.impressions > 0
        assert outcome.expected_reveals == outcome.reveals == 0


def test_what_was_sent_is_what_the_result_counts(result: Result, marketplace: MemoryMarketplace) -> None:
    assert result.interactions == len(marketplace.interactions)
    assert result.recommendations == len(marketplace.served)
    assert {name: count for name, count in result.records.items() if count} == marketplace.uploaded
    assert marketplace.uploaded["customers"] == SMALL.students
    assert len(marketplace.trainings) == 2
    assert 0 < marketplace.trainings[0] < marketplace.trainings[1]


def test_recommended_interactions_come_back_from_the_student_who_was_served(
    result: Result, marketplace: MemoryMarketplace
) -> None:
    assert result.recommendations
    named = [record for record in marketplace.interactions if record["recommendation_id"]]
    assert named
    for record in named:
        assert record["student_id"] in (None, marketplace.served[record["recommendation_id"]])


def test_progress_rises_to_a_hundred_per_cent(world: World, now: int) -> None:
    heard: list[tuple[float, str]] = []
    Play(world, MemoryMarketplace(), lambda: now, lambda *report: heard.append(report)).run()
    percents = [percent for percent, _ in heard]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert all(message for _, message in heard)


def test_a_campus_without_visitors_plays_to_the_end(now: int) -> None:
    sleepy = replace(SMALL, habits=replace(SMALL.habits, sessions_per_week=1e-9))
    result = run(make_world(sleepy, 1, now), MemoryMarketplace(), now)
    assert result.recommendations == result.interactions == 0
    assert [phase.everyone.outcomes for phase in result.phases] == [{}, {}]


def test_places_given_to_offers_that_have_just_come_are_counted_apart(result: Result) -> None:
    for phase in result.phases:
        for policy, whole in phase.everyone.outcomes.items():
            apart = phase.new_offers.outcomes[policy]
            assert 0 <= apart.expected_reveals <= whole.expected_reveals
            assert apart.visits <= apart.impressions < 0.3 * whole.impressions
        assert phase.new_offers.outcomes[CHANCE].visits > 0
