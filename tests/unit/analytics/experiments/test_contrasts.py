"""Arms compared: by hand, against what is known in closed form, and with whatever covariates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.experiments.contrasts import contrast
from cobi.analytics.experiments.sums import Sums

counts = st.lists(st.integers(0, 50), min_size=2, max_size=40).map(lambda values: np.array(values, float))


def same(one: Sums, other: Sums) -> bool:
    return (
        one.count == other.count
        and np.array_equal(one.sums, other.sums)
        and np.array_equal(one.products, other.products)
    )


def drawn(seed: int, size: int, effect: float = 0.0, dims: int = 1) -> tuple[Sums, np.ndarray]:
    """An arm of students whose outcome follows what was known before, and the rows."""
    rng = np.random.default_rng(seed)
    before = rng.gamma(0.5, 4, (size, dims))
    outcome = rng.poisson(before.sum(axis=1) * 0.6 + 0.5) + effect
    return Sums.of(outcome, None, *before.T), np.column_stack([outcome, before])


@given(counts, counts, st.integers(0, 2**32))
def test_sums_of_groups_are_the_sums_of_their_union_in_any_order(
    one: np.ndarray, other: np.ndarray, seed: int
) -> None:
    union = np.append(one, other)
    mixed = np.random.default_rng(seed).permutation(union)
    assert same(Sums.of(one, one + 1) + Sums.of(other, other + 1), Sums.of(mixed, mixed + 1))


@given(counts, st.integers(0, 30))
def test_a_student_whose_figures_grew_is_replaced(values: np.ndarray, more: int) -> None:
    grown = values.copy()
    grown[0] += more
    moved = Sums.of(values) - Sums.of(values[:1]) + Sums.of(grown[:1])
    assert same(moved, Sums.of(grown))


@given(counts)
def test_means_and_covariances_are_those_of_the_rows(values: np.ndarray) -> None:
    other = values[::-1] ** 2
    found = Sums.of(values, None, other)
    assert found.mean.tolist() == pytest.approx([values.mean(), 1, other.mean()])
    expected = np.cov(values, other)
    assert found.covariance[np.ix_([0, 2], [0, 2])] == pytest.approx(
        expected, abs=1e-7 * (1 + other.max() ** 2)
    )


def test_students_behind_an_outcome() -> None:
    assert Sums.of(np.array([1.0, 1, 1, 0, 0])).behind == 3
    assert Sums.of(np.array([1000.0, 1, 1, 1, 1])).behind == pytest.approx(1.008, abs=1e-3)
    assert Sums.of(np.zeros(5)).behind == 0


def test_a_difference_of_means_by_hand() -> None:
    # Means 4 and 2, variances 4 and 1, each over three students.
    found = contrast(Sums.of(np.array([2.0, 4, 6])), Sums.of(np.array([1.0, 2, 3])))
    assert (found.treated, found.control, found.difference) == (4, 2, 2)
    assert (found.treated_variance, found.control_variance, found.shared) == pytest.approx((4 / 3, 1 / 3, 0))
    assert found.variance_reduction == 0


def test_a_ratio_of_sums_by_hand() -> None:
    # Clicks 1, 3 of impressions 2, 4: 4/6; residuals 1 − 4/3 = −1/3 and 3 − 8/3 = 1/3, their variance 2/9,
    # over two students and the squared mean 3 of impressions: 2/9 / 2 / 9.
    arm = Sums.of(np.array([1.0, 3]), np.array([2.0, 4]))
    found = contrast(arm, arm)
    assert found.treated == pytest.approx(2 / 3)
    assert found.treated_variance == pytest.approx(1 / 81)


def test_cuped_by_hand() -> None:
    # The outcome is three times what was before, plus 1 for the treated: nothing is left to doubt.
    before = np.array([0.0, 1, 2, 5])
    treated, control = Sums.of(3 * before + 1, None, before), Sums.of(3 * before[::-1], None, before[::-1])
    found = contrast(treated, control)
    assert found.difference == pytest.approx(1)
    assert found.difference_variance == pytest.approx(0, abs=1e-12)
    assert found.variance_reduction == pytest.approx(1)
    # What is sure of the difference is not sure of the levels: everybody might have been busier.
    assert found.shared == pytest.approx(9 * np.var(np.tile(before, 2), ddof=1) / 8)


def test_adjustment_mends_an_unlucky_division() -> None:
    before = np.array([10.0, 9, 8, 1, 2, 3, 9, 1])
    outcome = 2 * before + np.array([1.0, -1, 0, 0, 1, -1, 1, 0])
    found = contrast(Sums.of(outcome[:3], None, before[:3]), Sums.of(outcome[3:], None, before[3:]))
    assert found.raw_difference > 10
    assert abs(found.difference) < 2


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_cuped_is_least_squares_with_an_arm_effect(seed: int, dims: int) -> None:
    # With arms of equal size and equal weights the coefficient is the pooled within-arm one, as in ANCOVA.
    (treated, rows), (control, others) = drawn(seed, 50, 1.0, dims), drawn(seed + 1, 50, 0.0, dims)
    both = np.vstack([rows, others])
    design = np.column_stack([np.repeat([1.0, 0.0], 50), np.ones(100), both[:, 1:]])
    effect = np.linalg.lstsq(design, both[:, 0], rcond=None)[0][0]
    assert contrast(treated, control).difference == pytest.approx(effect, rel=1e-8, abs=1e-8)


@given(st.integers(0, 2**32))
def test_useless_covariates_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.poisson(2, 30).astype(float), rng.poisson(2, 40).astype(float)
    plain = contrast(Sums.of(one), Sums.of(other))
    for constant in (0.0, 3.0, 1234567.8):
        columns = [np.full(len(values), constant) for values in (one, other)]
        idle = contrast(
            Sums.of(one, None, columns[0], columns[0]), Sums.of(other, None, columns[1], columns[1])
        )
        assert idle.difference == pytest.approx(plain.difference)
        assert idle.difference_variance == pytest.approx(plain.difference_variance)


@given(st.integers(0, 2**32))
def test_adjustment_never_adds_variance(seed: int) -> None:
    (treated, _), (control, _) = drawn(seed, 40, 0.5, 2), drawn(seed + 7, 60, 0.0, 2)
    assert 0 <= contrast(treated, control).variance_reduction <= 1


def test_variances_are_how_much_estimates_vary() -> None:
    found = [contrast(drawn(2 * i, 300)[0], drawn(2 * i + 1, 200)[0]) for i in range(1500)]
    told = float(np.mean([one.difference_variance for one in found]))
    assert np.var([one.difference for one in found]) == pytest.approx(told, rel=0.1)
    assert np.var([one.treated for one in found]) == pytest.approx(
        np.mean([one.treated_variance for one in found]), rel=0.1
    )
    assert np.mean([one.difference for one in found]) == pytest.approx(0, abs=4 * (told / 1500) ** 0.5)
