from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.paired import SCALE, in_steps, paired_bootstrap

HOW: dict[str, Any] = {"level": 0.95, "resamples": 2000, "seed": 1}


def test_the_interval_is_that_of_the_plain_bootstrap_over_students() -> None:
    luck = np.random.default_rng(0)
    one, other = luck.random(400), luck.random(400)
    found = paired_bootstrap(in_steps(one), in_steps(other), **HOW)
    difference = one - other
    plain = np.sort(difference[luck.integers(0, 400, (2000, 400))].mean(axis=1))
    assert found.difference == pytest.approx(difference.mean(), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((plain[50], plain[1949]), abs=0.006)


def test_it_covers_the_truth_as_often_as_it_says() -> None:
    luck, held = np.random.default_rng(3), 0
    for number in range(300):
        one, other = luck.random(200) * 1.1, luck.random(200)
        found = paired_bootstrap(in_steps(one), in_steps(other), level=0.9, resamples=500, seed=number)
        held += found.low <= 0.05 <= found.high
    assert 0.85 <= held / 300 <= 0.95


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=40), st.randoms())
def test_the_order_of_students_does_not_change_a_bit(pairs: list[tuple[int, int]], chance) -> None:
    mixed = list(pairs)
    chance.shuffle(mixed)
    first, second = (
        paired_bootstrap(*(in_steps(np.array(side) / 10) for side in zip(*some, strict=True)), **HOW)
        for some in (pairs, mixed)
    )
    assert first == second
    assert first.low <= first.difference + 1e-12
    assert first.high >= first.difference - 1e-12


def test_equals_differ_by_exactly_nothing_and_nobody_by_nothing() -> None:
    same = in_steps(np.linspace(0, 1, 50))
    found = paired_bootstrap(same, same, **HOW)
    assert (found.low, found.difference, found.high) == (0.0, 0.0, 0.0)
    assert paired_bootstrap(same[:0], same[:0], **HOW).students == 0
    assert in_steps(np.array([0.5])).tolist() == [SCALE // 2]
