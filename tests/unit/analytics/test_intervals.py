"""Intervals of means over students: Wilson's for zeros and ones, never outside 0…1, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.intervals import Z_95, mean_difference, mean_of_shares, wilson

shares = st.lists(st.floats(0, 1), min_size=1, max_size=50).map(np.array)


@given(st.integers(0, 40), st.integers(0, 40))
def test_zeros_and_ones_have_wilsons_interval(ones: int, zeros: int) -> None:
    values = np.repeat([1.0, 0.0], [ones, zeros])
    mean, low, high = mean_of_shares(values)
    assert (low, high) == pytest.approx(wilson(ones, ones + zeros), abs=1e-12)
    assert mean == (ones / (ones + zeros) if ones + zeros else 0)


@given(shares)
def test_an_interval_holds_its_mean_and_stays_inside_0_and_1(values: np.ndarray) -> None:
    mean, low, high = mean_of_shares(values)
    assert 0 <= low <= mean + 1e-12
    assert mean - 1e-12 <= high <= 1


def test_many_students_give_the_normal_interval() -> None:
    values = np.random.default_rng(0).beta(2, 5, 100_000)
    half = Z_95 * values.std(ddof=1) / len(values) ** 0.5
    mean, low, high = mean_of_shares(values)
    assert (low, high) == pytest.approx((mean - half, mean + half), rel=1e-4)


def test_a_few_students_without_a_hit_are_no_certainty() -> None:
    assert mean_of_shares(np.zeros(10))[2] > 0.25
    assert mean_of_shares(np.full(2, 0.5))[1] < 0.2


@pytest.mark.parametrize("students", [30, 300])
def test_intervals_hold_the_truth_as_often_as_they_say(students: int) -> None:
    # Recall of a few wanted items: mostly 0, sometimes 1/3, 1/2 or 1.
    outcomes, chances = np.array([0, 1 / 3, 1 / 2, 1]), np.array([0.8, 0.08, 0.07, 0.05])
    drawn = np.random.default_rng(3).choice(outcomes, (2000, students), p=chances)
    held = [low <= outcomes @ chances <= high for _, low, high in map(mean_of_shares, drawn)]
    assert 0.93 <= np.mean(held) <= 0.99


def test_the_difference_on_the_same_students_is_surer_than_both() -> None:
    rng = np.random.default_rng(1)
    one = rng.beta(1, 3, 500)
    other = np.clip(one - 0.02 + rng.normal(0, 0.01, 500), 0, 1)
    mean, low, high = mean_difference(one, other)
    assert mean == pytest.approx((one - other).mean())
    assert 0 < low < mean < high
    assert mean_of_shares(one)[1] < mean_of_shares(other)[2]


@given(shares)
def test_differences_turn_around_with_their_sides(values: np.ndarray) -> None:
    forth, back = mean_difference(values, values[::-1]), mean_difference(values[::-1], values)
    assert forth == pytest.approx((-back[0], -back[2], -back[1]), abs=1e-9)


def test_nobody_tells_nothing() -> None:
    nobody = np.empty(0)
    assert mean_of_shares(nobody) == (0, 0, 1)
    assert mean_difference(nobody, nobody) == (0, -1, 1)
