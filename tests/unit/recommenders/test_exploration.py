"""Drawn lists: each comes as often as its propensities say, and the propensities are Plackett and Luce's."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cobi.recommenders.lists.exploration import distributions, explore, propensities
from cobi.recommenders.lists.ranking import draw

scores_of = st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40).map(np.array)
temperatures = st.sampled_from([0.0, 1e-9, 1e-5, 0.01, 0.3, 1.0, 1e6])
shares = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def by_the_book(scores: np.ndarray, order: list[int], temperature: float, share: float) -> list[float]:
    """The definition, place by place."""
    weight = np.exp((scores - scores.max()) / (temperature * scores.std()))
    left, found = list(range(len(scores))), []
    for item in order:
        best = [row for row in left if scores[row] == scores[left].max()]
        found.append(share * weight[item] / weight[left].sum() + (1 - share) * (item in best) / len(best))
        left.remove(item)
    return found


def test_two_items_by_hand() -> None:
    # A spread of 1 and a difference of 2: the better one comes first with 1 / (1 + e^-2).
    _, chances = explore(np.array([5.0, 3.0]), np.arange(2), 2, 1.0, seed=1)
    assert chances[1] == 1
    assert chances[0] in (pytest.approx(1 / (1 + math.exp(-2))), pytest.approx(1 / (1 + math.exp(2))))


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_lists_come_as_often_as_their_propensities_say(share: float) -> None:
    scores, rows, draws = np.array([1.0, 0.2, 0.2, -0.5, -2.0]), np.arange(5), 20_000
    seen = Counter(
        tuple(explore(scores, rows, 3, 0.8, seed, share=share)[0].tolist()) for seed in range(draws)
    )
    expected = {
        order: draws * math.prod(by_the_book(scores, list(order), 0.8, share))
        for order in permutations(range(5), 3)
    }
    assert sum(expected.values()) == pytest.approx(draws)
    # 60 lists: the chi-square of 59 degrees of freedom is below 111 in all but 1 of 20,000 seeds.
    assert sum((seen[order] - mean) ** 2 / mean for order, mean in expected.items()) < 111


@given(scores_of, st.integers(1, 12), temperatures, shares, st.integers(0, 2**56))
def test_a_list_is_told_the_propensities_that_any_list_has(
    scores: np.ndarray, limit: int, temperature: float, share: float, seed: int
) -> None:
    rows = np.arange(len(scores))
    order, chances = explore(scores, rows, limit, temperature, seed, share=share)
    assert len(set(order.tolist())) == len(order) == min(limit, len(rows))
    again = propensities(scores, rows, order, temperature, share=share)
    assert again == pytest.approx(chances, rel=1e-12, abs=0)
    assert ((chances > 0) & (chances <= 1 + 1e-12)).all()


@given(scores_of, st.integers(1, 5), st.sampled_from([0.05, 0.3, 1.0, 50.0]), shares, st.integers(0, 2**56))
def test_propensities_are_those_of_the_definition(
    scores: np.ndarray, limit: int, temperature: float, share: float, seed: int
) -> None:
    assume(scores.std() > 1e-6 * abs(scores).max())
    order, chances = explore(scores, np.arange(len(scores)), limit, temperature, seed, share=share)
    assert chances == pytest.approx(
        by_the_book(scores, order.tolist(), temperature, share), rel=1e-6, abs=1e-12
    )


@given(scores_of, temperatures, shares, st.integers(0, 2**56))
def test_the_chances_of_all_that_may_follow_sum_to_1(
    scores: np.ndarray, temperature: float, share: float, seed: int
) -> None:
    rows = np.arange(len(scores))
    above = explore(scores, rows, min(3, len(rows)), temperature, seed, share=share)[0][:-1]
    nexts = [row for row in rows.tolist() if row not in above]
    chances = [
        propensities(scores, rows, np.append(above, row), temperature, share=share)[-1] for row in nexts
    ]
    assert sum(chances) == pytest.approx(1)


@given(scores_of, st.integers(1, 8), temperatures, shares, st.integers(0, 2**56))
def test_a_places_distribution_holds_the_propensity_of_what_came(
    scores: np.ndarray, limit: int, temperature: float, share: float, seed: int
) -> None:
    rows = np.arange(len(scores))
    order, chances = explore(scores, rows, limit, temperature, seed, share=share)
    kept, every = distributions(scores, rows, order, temperature, share=share)
    assert every.sum(axis=1) == pytest.approx(1)
    assert every[np.arange(len(order)), np.searchsorted(kept, order)] == pytest.approx(chances, rel=1e-9)


@given(scores_of, temperatures, shares, st.integers(0, 2**32), st.floats(0.01, 100), st.floats(-9, 9))
def test_neither_the_order_of_candidates_nor_the_scale_of_scores_matters(
    scores: np.ndarray, temperature: float, share: float, seed: int, scale: float, shift: float
) -> None:
    scores = np.round(scores, 2)
    rows = np.arange(len(scores))
    mixed = np.random.default_rng(seed).permutation(rows)
    order, chances = explore(scores, rows, 5, temperature, seed, share=share)
    other, same = explore(scores, mixed, 5, temperature, seed, share=share)
    assert (other.tolist(), same.tolist()) == (order.tolist(), pytest.approx(chances.tolist(), rel=1e-9))
    scaled = propensities(scores * scale, rows, order, temperature, share=share)
    if temperature >= 0.01:
        assert scaled == pytest.approx(chances, rel=1e-6, abs=1e-12)


def top(scores: np.ndarray, rows: np.ndarray, limit: int, seed: int) -> np.ndarray:
    """The plain ranking: best first, equals as the seed draws them."""
    return rows[np.lexsort((draw(rows, seed), -scores[rows]))][:limit]


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60), st.integers(0, 12), st.integers(0, 2**56))
def test_temperature_0_is_the_ranking_that_exploration_replaces(
    values: list[int], limit: int, seed: int
) -> None:
    scores, rows = np.array(values, float), np.arange(len(values))
    order, chances = explore(scores, rows, limit, 0.0, seed)
    assert order.tolist() == top(scores, rows, limit, seed).tolist()
    left = values.copy()
    for row, chance in zip(order.tolist(), chances.tolist(), strict=True):
        assert chance == 1 / left.count(values[row])
        left.remove(values[row])


def test_without_equals_temperature_0_is_certain() -> None:
    assert explore(np.arange(50.0), np.arange(50), 10, 0.0, seed=7)[1].tolist() == [1.0] * 10


def test_an_untrained_model_draws_evenly_and_says_so() -> None:
    for temperature in (0.0, 0.5):
        order, chances = explore(np.zeros(1000), np.arange(1000), 3, temperature, seed=5)
        assert len(order) == 3
        assert chances == pytest.approx([1 / 1000, 1 / 999, 1 / 998])


def test_only_the_best_are_drawn_from_with_all_that_equal_the_last() -> None:
    scores = np.array([9.0, 8, 7, 5, 5, 5, 1, 1, 0])
    seen = {
        row for seed in range(500) for row in explore(scores, np.arange(9), 2, 5.0, seed, among=4)[0].tolist()
    }
    assert seen == {0, 1, 2, 3, 4, 5}
    assert propensities(scores, np.arange(9), np.array([0, 8, 1]), 5.0, among=4)[1] == 0


@given(st.integers(0, 2**56))
def test_scores_worlds_apart_keep_finite_propensities(seed: int) -> None:
    scores = np.array([1e9, 1e9 - 1, 0.0, -1e9, -1e9 - 1])
    order, chances = explore(scores, np.arange(5), 5, 1e-6, seed)
    assert order[2] == 2
    assert np.isfinite(chances).all()
    assert chances[-1] == 1


def test_nothing_asked_or_nothing_to_draw_gives_nothing() -> None:
    for rows, limit in ((np.arange(9), 0), (np.empty(0, np.int64), 5)):
        for temperature in (0.0, 1.0):
            order, chances = explore(np.ones(9), rows, limit, temperature, 1)
            assert len(order) == len(chances) == 0
    assert propensities(np.ones(9), np.empty(0, np.int64), np.arange(2), 1.0).tolist() == [0, 0]
