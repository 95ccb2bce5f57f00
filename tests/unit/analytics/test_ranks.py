"""Full rankings of all allowed cells, with equals in an order drawn anew for each list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cobi.analytics import ranks as module
from cobi.analytics.ranks import NOBODY, Rankings

HEIGHT, WIDTH = 3, 12
scores = arrays.arrays(np.float64, (HEIGHT, WIDTH), elements=st.integers(-2, 2).map(float))
masks = arrays.arrays(np.bool_, (HEIGHT, WIDTH))
seeds = st.integers(0, 2**32 - 1)


def luck(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width))


def by_sorting(scores: np.ndarray, allowed: np.ndarray, luck: np.ndarray) -> list[list[int]]:
    """Each row's allowed columns, best first."""
    return [
        sorted(np.flatnonzero(allowed[r]).tolist(), key=lambda c: (-scores[r, c], luck[r, c]))
        for r in range(len(scores))
    ]


@given(scores, masks, seeds)
def test_ranks_are_places_in_the_sorted_list_of_all_allowed(
    scores: np.ndarray, allowed: np.ndarray, seed: int
) -> None:
    row, column = np.nonzero(allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CELLS_AT_ONCE", WIDTH * 5)
        ranks = Rankings(scores, allowed, luck(seed)).ranks(row, column)
    ordered = by_sorting(scores, allowed, luck(seed))
    assert ranks.tolist() == [
        1 + ordered[r].index(c) for r, c in zip(row.tolist(), column.tolist(), strict=True)
    ]


@given(scores, masks, seeds, st.integers(1, WIDTH + 3))
def test_tops_are_the_first_of_the_sorted_list(
    scores: np.ndarray, allowed: np.ndarray, seed: int, length: int
) -> None:
    tops = Rankings(scores, allowed, luck(seed)).tops(length)
    for own, ordered in zip(tops.tolist(), by_sorting(scores, allowed, luck(seed)), strict=True):
        assert own == (ordered + [NOBODY] * length)[:length]


def test_among_equals_every_place_is_as_likely() -> None:
    lists, width = 5000, 8
    ranks = Rankings(np.zeros((lists, width)), np.ones((lists, width), bool), luck(1, lists, width)).ranks(
        np.arange(lists), np.zeros(lists, np.int64)
    )
    assert np.bincount(ranks, minlength=width + 1)[1:].min() > 0.85 * lists / width


def test_nothing_to_rank_gives_empty_lists() -> None:
    nothing = np.empty((2, 0))
    assert Rankings(nothing, nothing.astype(bool), nothing).tops(3).tolist() == [[NOBODY] * 3] * 2
