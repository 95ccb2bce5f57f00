"""From scores to a slate."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cobi.recommenders.lists.exploration import explore


def top(scores: np.ndarray, candidates: np.ndarray, limit: int, seed: int) -> np.ndarray:
    order, _ = explore(scores, candidates, limit, 0.0, seed)
    return order


levels = st.lists(st.integers(0, 3), min_size=1, max_size=60)


@given(levels, st.integers(1, 20), st.integers(0, 2**63))
def test_the_best_come_first_and_none_better_is_left_out(values: list[int], limit: int, seed: int) -> None:
    scores = np.array(values, float)
    slate = top(scores, np.arange(len(values)), limit, seed)
    assert scores[slate].tolist() == sorted(values, reverse=True)[:limit]
    assert len(set(slate.tolist())) == len(slate)


@given(levels, st.integers(0, 2**32))
def test_the_order_of_candidates_does_not_matter(values: list[int], seed: int) -> None:
    scores, candidates = np.array(values, float), np.arange(len(values))
    mixed = np.random.default_rng(seed).permutation(candidates)
    assert top(scores, candidates, 5, seed).tolist() == top(scores, mixed, 5, seed).tolist()


def test_equals_come_first_equally_often() -> None:
    winners = [int(top(np.zeros(10), np.arange(10), 1, seed)[0]) for seed in range(2000)]
    assert np.bincount(winners, minlength=10).min() > 140


def test_nothing_asked_or_nothing_to_rank_gives_nothing() -> None:
    assert len(top(np.ones(9), np.arange(9), 0, 1)) == 0
    assert len(top(np.ones(9), np.empty(0, np.int64), 5, 1)) == 0
