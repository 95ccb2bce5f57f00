from __future__ import annotations

import numpy as np
import pytest

from cobi.domain.interaction import InteractionType, ItemType
from cobi.domain.moments import DAY
from cobi.simulation.activity import Activity, in_order
from cobi.simulation.browsing import browse
from cobi.simulation.campus import DEMO, SMALL
from cobi.simulation.world import WEEK, World, make_world

VIEW, CODE = InteractionType.PAGE_VIEW, InteractionType.DISCOUNT_CODE


@pytest.fixture(scope="module")
def history(world: World) -> list[Activity]:
    views = np.zeros(SMALL.offers, dtype=np.int64)
    return [browse(world, week, views) for week in range(SMALL.organic_weeks)]


def test_a_week_happens_within_its_days_and_only_to_students_who_have_arrived(
    world: World, history: list[Activity]
) -> None:
    for week, activity in enumerate(history):
        begin = world.start + week * WEEK
        assert ((activity.time >= begin) & (activity.time < begin + WEEK)).all()
        assert (world.students.arrival[activity.student] <= week).all()
        assert (np.diff(activity.time) >= 0).all()


def test_students_only_find_offers_that_may_be_shown_to_them(world: World, history: list[Activity]) -> None:
    for week, activity in enumerate(history):
        seen = activity.take(np.flatnonzero(activity.item_type == ItemType.OFFER))
        assert np.array_equal(world.offers.region[seen.item], world.students.region[seen.student])
        for day in range(7):
            begin = world.start + week * WEEK + day * DAY
            # Sessions may run a little past midnight with what they began with.
            today = seen.item[(seen.time >= begin + DAY // 24) & (seen.time < begin + DAY)]
            assert world.eligible(begin, week)[today].all()


def test_a_live_week_passes_just_before_now(world: World, now: int) -> None:
    activity = browse(world, SMALL.organic_weeks, np.zeros(SMALL.offers, dtype=np.int64), now)
    assert activity.time.max() < now
    assert activity.time.min() >= now - DAY // 24
    assert len(np.unique(activity.time)) == len(activity)


def test_every_revealed_code_follows_a_view_of_its_offer(history: list[Activity]) -> None:
    for activity in history:
        offers = activity.take(np.flatnonzero(activity.item_type == ItemType.OFFER))
        pairs = [
            {*zip(kept.student.tolist(), kept.item.tolist(), strict=True)}
            for kept in (offers.take(np.flatnonzero(offers.interaction == kind)) for kind in (CODE, VIEW))
        ]
        assert pairs[0] <= pairs[1]


def test_activity_and_popularity_have_heavy_tails(now: int) -> None:
    world = make_world(DEMO, seed=11, now=now)
    weeks: list[Activity] = []
    views = np.zeros(DEMO.offers, dtype=np.int64)
    for week in range(DEMO.organic_weeks):
        weeks.append(browse(world, week, views))
        views = weeks[-1].offer_counts(VIEW, DEMO.offers)
    everything = in_order(weeks)
    counts = np.bincount(everything.student, minlength=DEMO.students)
    popular = np.sort(everything.offer_counts(VIEW, DEMO.offers))[::-1]
    assert 90_000 < len(everything) < 160_000
    assert (counts <= 3).mean() > 0.25
    assert counts.max() > 400
    assert popular[: DEMO.offers // 10].sum() > 0.4 * popular.sum()


def test_people_browse_what_they_like(world: World, history: list[Activity]) -> None:
    activity = in_order(history)
    seen = activity.take(np.flatnonzero(activity.item_type == ItemType.OFFER))
    utility = world.utility(np.arange(SMALL.students), 2)
    assert utility[seen.student, seen.item].mean() > utility.mean() + 0.5
