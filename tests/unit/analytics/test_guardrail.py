"""The guardrail: what is clearly worse is seen, what is alike is left alone however often one looks."""

from __future__ import annotations

import numpy as np

from cobi.analytics.experiments.sums import Sums
from cobi.analytics.guardrail import FEW, Group, watch

STUDENTS, LISTS = 1000, 10


def group(rate: float, days: int = 7, seed: int = 0, students: int = STUDENTS) -> Group:
    """Each student sees ten offers a day; how much each is given to revealing differs."""
    luck = np.random.default_rng(seed)
    shown = np.full(students, LISTS * days)
    reveals = luck.binomial(shown, rate * luck.gamma(2, 0.5, students).clip(0, 5))
    return Group(Sums.of(reveals.astype(float), shown.astype(float)), students * days)


def test_a_model_that_does_half_as_well_is_seen_to_be_worse() -> None:
    found = watch(group(0.02), group(0.04, seed=1))
    assert found is not None
    assert found.worse
    assert found.low < found.change < found.high < -0.2


def test_a_season_that_takes_the_control_down_too_is_not_the_models_doing() -> None:
    alone = watch(group(0.02), group(0.04, seed=1))
    beside = watch(group(0.02), group(0.04, seed=1), (group(0.02, seed=2), group(0.04, seed=3)))
    assert alone is not None
    assert beside is not None
    assert (alone.worse, beside.worse) == (True, False)
    assert beside.with_control
    assert abs(beside.change) < 0.1


def test_beside_a_control_less_is_tolerated() -> None:
    control = group(0.04, 28, 2, 20_000), group(0.04, 28, 3, 20_000)
    live, before = group(0.035, 28, 0, 20_000), group(0.04, 28, 1, 20_000)
    alone, beside = watch(live, before), watch(live, before, control)
    assert alone is not None
    assert beside is not None
    assert (alone.worse, beside.worse) == (False, True)


def test_looking_every_day_for_a_month_at_equals_hardly_ever_takes_one_back() -> None:
    luck, taken = np.random.default_rng(5), 0
    for _ in range(100):
        liking = luck.gamma(2, 0.5, 300)
        before = luck.binomial(LISTS * 28, (0.03 * liking).clip(0, 1))
        after = luck.binomial(LISTS, (0.03 * liking).clip(0, 1), (28, 300)).cumsum(axis=0)
        old = Group(Sums.of(before.astype(float), np.full(300, 280.0)), 300 * 28)
        looks = (
            watch(Group(Sums.of(row.astype(float), np.full(300, 10.0 * day)), 300 * day), old)
            for day, row in enumerate(after, 1)
        )
        taken += any(found is not None and found.high < 0 for found in looks)
    assert taken <= 3


def test_of_too_few_nothing_is_said_and_no_reveal_at_all_is_no_certainty() -> None:
    nobody = Group(Sums(0, np.zeros(2), np.zeros((2, 2))), 0)
    assert watch(nobody, group(0.04)) is None
    assert watch(group(0.04, 1, students=FEW - 1), group(0.04)) is None
    found = watch(group(0.0, 1, students=FEW), group(0.001, 1, students=FEW))
    assert found is not None
    assert not found.worse
