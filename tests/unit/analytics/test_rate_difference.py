"""The interval of a difference of two rates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.intervals import rate_difference

RATES = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("one", "other", "ends"),
    [
        # Newcombe 1998, table II, method 10, contrasts (a) to (c).
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
    ],
)
def test_the_published_intervals_are_met(
    one: tuple[int, int], other: tuple[int, int], ends: tuple[float, float]
) -> None:
    assert rate_difference(one, other) == pytest.approx(ends, abs=5e-5)


@given(RATES, RATES)
def test_it_holds_the_difference_and_turns_with_its_sign(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    low, high = rate_difference(one, other)
    assert -1 - 1e-9 <= low <= one[0] / one[1] - other[0] / other[1] <= high <= 1 + 1e-9
    assert rate_difference(other, one) == pytest.approx((-high, -low))


def test_without_trials_nothing_is_known() -> None:
    assert rate_difference((0, 0), (1, 2)) == (-1.0, 1.0)
