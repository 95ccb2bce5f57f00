"""Confidence sequences: what they cost, that everybody may look every day, and that they agree with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.experiments.contrasts import Contrast
from cobi.analytics.experiments.sequences import Sequence, difference_interval, lift_interval

levels = st.floats(0.01, 10)
variances = st.floats(1e-6, 1)


def test_a_multiplier_by_hand() -> None:
    # rho² n = −2 log .05 + log(1 − 2 log .05) = 5.9915 + 1.9447 = 7.9362 at the planned n.
    mixed = 7.93617
    by_hand = math.sqrt(2 * (1 + 1 / mixed) * math.log(math.sqrt(1 + mixed) / 0.05))
    assert Sequence(10_000).multiplier(10_000) == pytest.approx(by_hand, rel=1e-5)
    assert by_hand == pytest.approx(3.035, abs=1e-3)


def test_the_planned_moment_is_where_the_interval_is_narrowest_of_all_plans() -> None:
    here = Sequence(1000).multiplier(1000)
    assert here <= min(Sequence(other).multiplier(1000) for other in (250, 500, 900, 1100, 2000, 4000))


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.floats(0, 12))
def test_the_p_value_is_the_alpha_at_which_the_interval_ends(planned: int, n: int, deviation: float) -> None:
    sequence = Sequence(planned)
    assert (sequence.p_value(deviation, n) < 0.05) == (deviation > sequence.multiplier(n) + 1e-12)


@given(levels, levels, variances, variances, st.floats(0, 1e-6), st.floats(1, 5))
def test_lift_and_difference_leave_0_out_together(
    treated: float, control: float, one: float, other: float, shared: float, multiplier: float
) -> None:
    found = Contrast(treated, control, one + shared, other + shared, shared, 0.0, 0.0)
    low, high = difference_interval(found, multiplier)
    lift_low, lift_high = lift_interval(found, multiplier)
    if lift_low is None or lift_high is None:
        assert control**2 <= multiplier**2 * found.control_variance
        return
    assert lift_low <= treated / control - 1 <= lift_high
    if min(abs(low), abs(high)) > 1e-9:
        assert (lift_low > 0, lift_high < 0) == (low > 0, high < 0)


def test_fiellers_interval_by_hand() -> None:
    # (2 − r)² ≤ 4 (.01 + .01 r²): .96 r² − 4 r + 3.96 = 0.
    found = Contrast(2.0, 1.0, 0.01, 0.01, 0.0, 0.0, 0.0)
    root = math.sqrt(16 - 4 * 0.96 * 3.96)
    assert lift_interval(found, 2.0) == pytest.approx(((4 - root) / 1.92 - 1, (4 + root) / 1.92 - 1))


def test_a_level_not_told_from_0_has_no_lift() -> None:
    assert lift_interval(Contrast(0.2, 0.1, 0.01, 0.01, 0.0, 0.1, 0.0), 3.0) == (None, None)


@pytest.mark.parametrize("planned", [300, 3000])
def test_looking_at_every_observation_raises_no_more_false_alarms_than_promised(planned: int) -> None:
    rng, n = np.random.default_rng(planned), np.arange(100, 3001)
    walks = np.cumsum(rng.standard_exponential((1500, 3000)) - 1, axis=1)[:, 99:]
    bound = np.array([Sequence(planned).multiplier(int(at)) for at in n]) * np.sqrt(n)
    alarms = (np.abs(walks) > bound).any(axis=1).mean()
    ordinary = (np.abs(walks) > 1.96 * np.sqrt(n)).any(axis=1).mean()
    assert alarms < 0.05
    assert ordinary > 0.3
