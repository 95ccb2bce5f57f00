"""Spending of error: however one looks, all looks together spend no more than was promised."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.paired import in_steps, lead
from cobi.analytics.spending import FIRST, Look, may_spend, standard_errors
from cobi.domain.moments import DAY, HOUR


@given(st.lists(st.integers(0, 400 * DAY), min_size=1, max_size=60))
def test_all_looks_together_spend_at_most_the_whole_at_whatever_moments_they_are_taken(
    moments: list[int],
) -> None:
    times = [0, *sorted(moments)]
    spent = [
        may_spend(Look(number, now, before), 0.01, 28)
        for number, (before, now) in enumerate(pairwise(times), 1)
    ]
    assert min(spent) > 0
    assert sum(spent) < 0.01


def test_half_is_spent_by_looks_and_half_by_time() -> None:
    assert may_spend(FIRST, 0.01, 28) == pytest.approx(0.0025)
    assert may_spend(Look(2), 0.01, 28) == pytest.approx(0.01 / 2 / 6)
    assert may_spend(Look(1, 28 * DAY), 0.01, 28) == pytest.approx(0.005)
    hourly = may_spend(Look(700, 700 * HOUR, 699 * HOUR), 0.01, 28)
    assert standard_errors(hourly, 1000) < 5, "who looks every hour for a month can still tell"


def test_it_takes_as_many_standard_errors_as_the_tail_of_students_t() -> None:
    assert standard_errors(0.005, 100) == pytest.approx(2.6264, abs=2e-3)
    assert standard_errors(0.0001, 200) == pytest.approx(3.79, abs=1e-2)
    assert standard_errors(0.005, 10**9) == pytest.approx(2.5758, abs=1e-4)


def test_the_lead_is_the_mean_in_its_standard_errors() -> None:
    one, other = in_steps(_values(0.3)), in_steps(_values(0.1))
    apart = (one - other) / 2**32
    assert lead(one, other) == pytest.approx(
        apart.mean() / (apart.std(ddof=1) / len(apart) ** 0.5), rel=1e-12
    )
    assert (lead(one, one), lead(one + 1, one), lead(one, one + 1)) == (0.0, math.inf, -math.inf)


def _values(shift: float) -> np.ndarray:
    return np.random.default_rng(int(100 * shift)).random(500) + shift
