"""Means and ratios over students: how sure they are, also where a student came often and rewards are rare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.ratios import MOST_GROUPS, Ratios

values = st.lists(st.floats(-100, 100), min_size=2, max_size=30).map(np.array)


def test_a_mean_by_hand() -> None:
    # Of 1, 2, 3, 6 the mean is 3, the variance 14/3, the standard error √(14/3 / 4).
    found = Ratios.of_mean(np.array([1.0, 2, 3, 6]))
    assert found.value == 3
    assert found.pulls == pytest.approx([-0.5, -0.25, 0, 0.75])
    assert found.error == pytest.approx((14 / 12) ** 0.5)
    assert found.normal_interval(2) == pytest.approx((3 - 2 * (14 / 12) ** 0.5, 3 + 2 * (14 / 12) ** 0.5))


def test_skewness_by_hand() -> None:
    # Pulls −½, −¼, 0, ¾ (of 1, 2, 3, 6): Σ p³ = .28125 over (Σ p²)^1.5 = .875^1.5.
    assert Ratios.of_mean(np.array([1.0, 2, 3, 6])).skewness == pytest.approx(0.28125 / 0.875**1.5)
    assert Ratios.of_mean(np.ones(4)).skewness == 0


def test_one_student_in_many_visits_is_one_observation() -> None:
    visits = np.array([1.0, 1, 1, 1, 0, 0, 0, 0, 1, 0])
    owner = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 3])
    assert Ratios.of_mean(visits).of_owners(owner).value == pytest.approx(0.5)
    assert Ratios.of_mean(visits).of_owners(owner).error > 1.5 * Ratios.of_mean(visits).error


@given(values, st.integers(0, 2**32))
def test_neither_value_nor_error_hang_on_the_order_of_students(rows: np.ndarray, seed: int) -> None:
    weights = 1 + np.abs(rows[::-1])
    found = Ratios(rows[:, None], weights[:, None])
    order = np.random.default_rng(seed).permutation(len(rows))
    mixed = Ratios(rows[order, None], weights[order, None])
    assert mixed.value == pytest.approx(found.value, rel=1e-9, abs=1e-9)
    assert mixed.error == pytest.approx(found.error, rel=1e-9, abs=1e-9)
    assert found.pulls.sum() == pytest.approx(0, abs=1e-9)


@given(values)
def test_the_difference_from_itself_is_surely_nothing(rows: np.ndarray) -> None:
    found = Ratios.of_mean(rows)
    nothing = found - found
    assert (nothing.value, nothing.error) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


def test_the_same_seed_draws_the_same_interval() -> None:
    found = Ratios.of_mean(np.random.default_rng(0).exponential(size=300))
    assert found.bootstrap_interval(5) == found.bootstrap_interval(5)
    assert found.bootstrap_interval(5) != found.bootstrap_interval(6)


def test_of_even_data_the_bootstrap_draws_the_normal_interval() -> None:
    rng = np.random.default_rng(2)
    rows, weights = rng.normal(3, 1, (2000, 2)), rng.uniform(1, 2, (2000, 2))
    found = Ratios(rows * weights, weights)
    assert found.bootstrap_interval(1, draws=4000) == pytest.approx(
        found.normal_interval(), abs=0.1 * found.error
    )


def test_students_past_counting_are_drawn_in_groups() -> None:
    found = Ratios.of_mean(np.random.default_rng(3).normal(size=5 * MOST_GROUPS + 3))
    assert found.bootstrap_interval(1) == pytest.approx(found.normal_interval(), abs=0.2 * found.error)


def test_where_rewards_are_rare_the_bootstrap_is_right_more_often() -> None:
    rng, held = np.random.default_rng(4), []
    for seed in range(150):
        # One in sixteen is rewarded, by a lognormal weight: a skewed mean of 1/16.
        rows = (rng.random(300) < 1 / 16) * rng.lognormal(-0.5, 1, 300)
        found = Ratios.of_mean(rows)
        held.append(
            [
                low <= 1 / 16 <= high
                for low, high in (found.normal_interval(), found.bootstrap_interval(seed, draws=300))
            ]
        )
    normal, bootstrap = np.mean(held, axis=0)
    assert normal < 0.92
    assert bootstrap > max(normal, 0.92)


def test_one_student_tells_nothing_of_the_others() -> None:
    low, high = Ratios.of_mean(np.ones(1)).bootstrap_interval(1)
    assert (low, high) == (-np.inf, np.inf)
    assert Ratios.of_mean(np.ones(5)).bootstrap_interval(1) == (1, 1)
