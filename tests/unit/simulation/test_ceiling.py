from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.quality.ceiling import Informed
from cobi.simulation.browsing import browse
from cobi.simulation.policies import MindReader, fill
from cobi.simulation.slates import Visits, react, visits
from cobi.simulation.world import WEEK, World


def taught(world: World) -> Informed:
    """The learner after all organic weeks."""
    learner = Informed(world)
    views = np.zeros(world.campus.offers, np.int64)
    for week in range(world.campus.organic_weeks):
        learner.watch(browse(world, week, views))
    return learner


def asked(world: World) -> Visits:
    week = world.campus.organic_weeks
    students = np.arange(120)
    moment = world.start + week * WEEK
    return visits(world, week, students, np.full(len(students), moment))


def value(world: World, seen: Visits, scores: NDArray[np.float64]) -> float:
    return float(react(world, seen, fill(scores, seen.eligible, 10)).expected_reveals.sum())


@pytest.fixture(scope="module")
def learner(world: World) -> Informed:
    return taught(world)


def test_what_a_student_did_brings_the_informed_nearer_to_the_mind_reader(
    world: World, learner: Informed
) -> None:
    seen = asked(world)
    truth = value(world, seen, MindReader().scores(seen))
    told, untaught = (value(world, seen, one.scores(seen)) for one in (learner, Informed(world)))
    assert 0.5 * truth < untaught < told < truth


def test_of_a_students_own_taste_the_informed_is_told_nothing(world: World, learner: Informed) -> None:
    """Other hidden tastes behind the same behaviour and the same background change no score."""
    seen = asked(world)
    students = world.students
    turned = replace(
        students,
        taste=-students.taste,
        later_taste=-students.later_taste,
        shop_liking=-students.shop_liking,
        offer_quirk=-students.offer_quirk,
    )
    before = learner.scores(seen)
    other = replace(world, students=turned)
    learner.world = other
    try:
        assert np.array_equal(learner.scores(seen), before)
    finally:
        learner.world = world


def test_opened_offers_of_its_own_slates_rise(world: World) -> None:
    fresh, seen = Informed(world), asked(world)
    before = fresh.scores(seen)
    slates = fill(before, seen.eligible, 10)
    reaction = react(world, seen, slates)
    fresh.learn(slates, reaction)
    after = fresh.scores(seen)
    rows, places = np.nonzero(reaction.opened)
    cells = rows, slates[rows, places]
    assert len(rows) > 10
    assert after[cells].sum() > 1.1 * before[cells].sum()
