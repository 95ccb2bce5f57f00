from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cobi.domain.moments import DAY
from cobi.simulation.campus import DEMO, SMALL
from cobi.simulation.world import World, make_world


def test_the_same_seed_makes_the_same_world(world: World, now: int) -> None:
    again = make_world(SMALL, seed=7, now=now)
    everyone = np.arange(SMALL.students)
    assert again.ids == world.ids
    assert np.array_equal(again.utility(everyone, 3), world.utility(everyone, 3))


def test_another_seed_makes_another_world_with_other_ids(world: World, now: int) -> None:
    other = make_world(SMALL, seed=8, now=now)
    assert not set(other.ids.offers) & set(world.ids.offers)
    assert not np.array_equal(other.shops.place, world.shops.place)


def test_organic_weeks_end_at_the_midnight_before_now(world: World, now: int) -> None:
    assert world.organic_end == now - now % DAY
    assert world.organic_end - world.start == SMALL.organic_weeks * 7 * DAY


def test_utility_has_the_spread_its_parts_promise(now: int) -> None:
    big = make_world(DEMO, seed=3, now=now)
    utility = big.utility(np.arange(DEMO.students), 5)
    assert abs(utility.std() - 1.2) < 0.25


def test_tastes_turn_slowly(world: World) -> None:
    everyone = np.arange(SMALL.students)
    first, next_week, much_later = (world.utility(everyone, week).ravel() for week in (0, 1, 14))
    assert np.corrcoef(first, next_week)[0, 1] > 0.98
    assert np.corrcoef(first, much_later)[0, 1] < 0.97


def test_the_truth_told_of_one_student_is_the_truth_used_for_all(world: World) -> None:
    view, reveal = world.view_and_reveal(np.arange(5), 2)
    offers = np.array([3, 0, 9])
    assert np.allclose(world.reveal_probability(4, offers, 2), (view * reveal)[4, offers])


def test_no_offer_is_eligible_before_it_arrives_or_outside_its_window(world: World, now: int) -> None:
    week = SMALL.organic_weeks
    eligible = world.eligible(now, week)
    day = (now - world.start) // DAY
    offers = world.offers
    assert eligible.any()
    assert not eligible[offers.arrival > week].any()
    assert not eligible[(day < offers.opens) | (day >= offers.closes)].any()
    assert not eligible[~offers.enabled].any()
    assert not eligible[~world.shops.public[offers.shop]].any()


@pytest.mark.parametrize(("days", "weekday"), [(0, 0), (4, 4), (6, 6)])
def test_offers_of_some_weekdays_are_eligible_on_those_only(
    world: World, now: int, days: int, weekday: int
) -> None:
    eligible = world.eligible(now + days * DAY, SMALL.organic_weeks)
    assert not eligible[~world.offers.weekdays[:, weekday]].any()


def test_students_are_offered_what_is_given_in_their_region(world: World, now: int) -> None:
    students = np.arange(40)
    eligible = world.eligible_for(students, now, 3)
    visit, offer = np.nonzero(eligible)
    assert np.array_equal(world.students.region[students[visit]], world.offers.region[offer])


def test_labels_tell_something_about_a_shop_but_not_all(now: int) -> None:
    shops = make_world(replace(DEMO, shops=400, offers=800), seed=5, now=now).shops
    own_theme = shops.tags[:, 0] // 4 == shops.theme
    assert 0.3 < own_theme.mean() < 0.95
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() >= 1 for row in shops.keywords)


def test_an_offer_is_new_for_two_days_from_its_arrival(world: World) -> None:
    living = replace(world, campus=replace(world.campus, daily=True))
    week = 2
    begin = living.arrives(week)
    of_week = world.offers.arrival == week
    assert np.array_equal(living.new_offers(begin, week), of_week)
    assert np.array_equal(living.new_offers(begin + 2 * DAY - 1, week), of_week)
    assert not living.new_offers(begin + 2 * DAY, week).any()


def test_weeks_of_slates_that_pass_at_one_moment_have_new_offers_each(world: World, now: int) -> None:
    first = world.campus.organic_weeks
    for week in (first, first + 1):
        assert np.array_equal(world.new_offers(now, week), world.offers.arrival == week)
