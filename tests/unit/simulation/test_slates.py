from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.simulation.arrays import Ints
from cobi.simulation.behaviour_records import interactions
from cobi.simulation.campus import SMALL
from cobi.simulation.luck import stream
from cobi.simulation.policies import MindReader, fill
from cobi.simulation.slates import (
    EMPTY,
    WORTHLESS,
    Visits,
    admitted,
    feedback,
    react,
    visitors,
    visits,
)
from cobi.simulation.world import World


@pytest.fixture(scope="module")
def seen(world: World, now: int) -> Visits:
    students = np.arange(120)
    return visits(world, SMALL.organic_weeks, students, np.full(120, now))


def random_slates(seen: Visits, number: int) -> Ints:
    return fill(stream(number, "slates").random(seen.view.shape), seen.eligible, 10)


@given(number=st.integers(0, 2**32))
def test_no_slate_expects_more_than_the_mind_readers(world: World, seen: Visits, number: int) -> None:
    best = react(world, seen, fill(MindReader().scores(seen), seen.eligible, 10))
    other = react(world, seen, random_slates(seen, number))
    assert (other.expected_reveals.sum(axis=1) <= best.expected_reveals.sum(axis=1) + 1e-12).all()


def test_realised_reveals_agree_with_expected_ones(world: World, now: int) -> None:
    realised = expected = 0.0
    students = np.arange(SMALL.students)
    for week in range(30):
        seen = visits(world, week, students, np.full(len(students), now))
        reaction = react(world, seen, fill(MindReader().scores(seen), seen.eligible, 10))
        realised += reaction.revealed.sum()
        expected += reaction.expected_reveals.sum()
    assert abs(realised - expected) < 4 * np.sqrt(expected)


def test_an_offer_shown_higher_up_is_opened_whenever_it_was_further_down(world: World, seen: Visits) -> None:
    slates = random_slates(seen, 1)
    down, up = react(world, seen, slates), react(world, seen, slates[:, ::-1])
    opened_up = up.opened[:, ::-1]
    assert not (down.opened & ~opened_up)[:, 5:].any()
    assert not (opened_up & ~down.opened)[:, :5].any()


def test_repeated_ineligible_and_unknown_offers_are_impressions_without_worth(
    world: World, seen: Visits
) -> None:
    good = np.flatnonzero(seen.eligible[0])[0]
    bad = np.flatnonzero(~seen.eligible[0])[0]
    one = replace(
        seen,
        student=seen.student[:1],
        eligible=seen.eligible[:1],
        view=np.ones_like(seen.view[:1]),
        reveal=np.ones_like(seen.reveal[:1]),
    )
    slates = admitted(one, np.array([[good, good, bad, WORTHLESS, EMPTY]]))
    reaction = react(world, one, slates)
    assert slates.tolist() == [[good, WORTHLESS, WORTHLESS, WORTHLESS, EMPTY]]
    assert reaction.shown.tolist() == [[True, True, True, True, False]]
    assert reaction.revealed.tolist() == [[True, False, False, False, False]]


def test_feedback_comes_after_serving_names_its_recommendation_and_is_about_what_was_shown(
    world: World, seen: Visits, now: int
) -> None:
    slates = random_slates(seen, 2)
    served = now + np.arange(len(slates))
    names = [f"slate {visit}" for visit in range(len(slates))]
    came = feedback(world, seen, slates, react(world, seen, slates), served)
    records = interactions(world, came, "feedback", names)
    assert len(records) > 10
    assert {record["source"] for record in records} == {"COBI"}
    for row, record in enumerate(records):
        visit = int(came.slate[row])
        assert record["recommendation_id"] in (None, names[visit])
        assert served[visit] < came.time[row] < served[visit] + 10**6
        assert came.student[row] == seen.student[visit]
        if came.item_type[row] == ItemType.OFFER:
            assert came.item[row] in slates[visit]


def test_active_students_come_more_often_and_nobody_before_arriving(world: World) -> None:
    luck = stream(1, "test").random(SMALL.students)
    coming = visitors(world, 2, luck)
    assert len(set(coming.tolist())) == len(coming)
    assert (world.students.arrival[coming] <= 2).all()
    assert world.students.activity[coming].mean() > 1.5 * world.students.activity.mean()


def test_a_slate_has_only_what_is_eligible_best_first() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.7]])
    eligible = np.array([[True, False, True, True]])
    assert fill(scores, eligible, 4).tolist() == [[3, 2, 0, EMPTY]]
