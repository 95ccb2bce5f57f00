"""Lists keep to groups, shops and likeness, are filled, and tell the exact chance of every place."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import FloatArray, IntArray, catalogue_of
from cobi.recommenders.lists.ranking import best_rows
from cobi.recommenders.lists.slate import Kinship, Manner, compose, kinship_of
from cobi.recommenders.sparse import SparseMatrix


def kin(shops: list[int]) -> Kinship:
    return Kinship(np.array(shops, np.int64), SparseMatrix.identity(len(shops)))


MANNERS = st.builds(
    Manner,
    temperature=st.sampled_from([0.0, 0.5, 3.0]),
    share=st.sampled_from([0.5, 1.0]),
    most_per_shop=st.integers(0, 3),
    diversity=st.sampled_from([0.0, 0.4, 1.0]),
)


Task = tuple[FloatArray, list[IntArray], int, Kinship]


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    size = draw(st.integers(1, 30))
    scores = np.array(draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)), np.float64)
    order = np.array(draw(st.permutations(range(size))), np.int64)
    cut = draw(st.integers(0, size))
    shops = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    return scores, [np.sort(order[:cut]), np.sort(order[cut:])], draw(st.integers(1, 40)), kin(shops)


@given(tasks(), MANNERS, st.integers(0, 2**42))
def test_a_list_is_filled_repeats_nothing_and_keeps_groups_apart(
    task: Task, manner: Manner, seed: int
) -> None:
    scores, groups, limit, kinship = task
    rows, chances = compose(scores, groups, limit, seed, manner, kinship)
    assert len(rows) == min(limit, len(scores)) == len(set(rows.tolist()))
    assert ((chances > 0) & (chances <= 1 + 1e-12)).all()
    again = compose(scores, groups, limit, seed, manner, kinship)
    assert [part.tolist() for part in again] == [rows.tolist(), chances.tolist()]
    if not manner.most_per_shop:
        assert set(rows[: len(groups[0])].tolist()) <= set(groups[0].tolist())


@given(tasks(), MANNERS.filter(lambda manner: manner.most_per_shop > 0), st.integers(0, 2**42))
def test_a_shop_has_no_more_places_than_its_limit_unless_nothing_else_is_left(
    task: Task, manner: Manner, seed: int
) -> None:
    scores, groups, limit, kinship = task
    rows, _ = compose(scores, groups, limit, seed, manner, kinship)
    counted: Counter[int] = Counter()
    for place, shop in enumerate(kinship.shop[rows].tolist()):
        counted[shop] += 1
        if counted[shop] > manner.most_per_shop:
            rest = set(range(len(scores))) - set(rows[:place].tolist())
            assert all(counted[kinship.shop[row]] >= manner.most_per_shop for row in rest)


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_propensities_are_the_frequencies_of_what_is_drawn(share: float) -> None:
    scores, kinship = np.array([3.0, 2.0, 2.0, 0.0]), kin([0, 0, 1, 2])
    manner = Manner(0.8, share, most_per_shop=1, diversity=0.1)
    lists: Counter[tuple[int, ...]] = Counter()
    chance: dict[tuple[int, ...], float] = {}
    number = 4000
    for seed in range(number):
        rows, chances = compose(scores, [np.arange(4)], 2, seed * 7919, manner, kinship)
        lists[tuple(rows.tolist())] += 1
        chance[tuple(rows.tolist())] = float(np.prod(chances))
    assert sum(chance.values()) == pytest.approx(1)
    for rows, expected in chance.items():
        error = (expected * (1 - expected) / number) ** 0.5
        assert abs(lists[rows] / number - expected) < 4.5 * error


def test_a_like_offer_comes_later_the_more_diversity_counts() -> None:
    links = {(ItemType.OFFER, ItemType.SHOP): np.array([(1, 1), (2, 1), (3, 2)])}
    keys = {ItemType.OFFER: np.array([1, 2, 3]), ItemType.SHOP: np.array([1, 2])}
    catalogue = catalogue_of(keys, links)
    kinship = kinship_of(catalogue, np.array([3, 3, 4, -1, -1]))
    scores = np.array([3.0, 2.9, 1.0, 0, 0])

    def order(diversity: float) -> list[int]:
        return compose(scores, [np.arange(3)], 3, 1, Manner(diversity=diversity), kinship)[0].tolist()

    assert (order(0.0), order(0.9)) == ([0, 1, 2], [0, 2, 1])


def test_pages_count_what_stands_above_them() -> None:
    scores, kinship = np.array([5.0, 4, 3, 2]), kin([0, 0, 0, 1])
    rows, _ = compose(scores, [np.arange(1, 4)], 1, 1, Manner(most_per_shop=1), kinship, np.array([0]))
    assert rows.tolist() == [3]


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=400),
    st.integers(0, 12),
    st.randoms(use_true_random=False),
)
def test_the_best_are_found_with_all_that_equal_the_last(values: list[int], count: int, luck: Random) -> None:
    scores = np.array(values, np.float64)
    rows = np.array(sorted(luck.sample(range(len(values)), luck.randint(1, len(values)))), np.int64)
    edge = np.sort(scores[rows])[-count] if 0 < count <= len(rows) else -np.inf
    expected = rows[scores[rows] >= edge] if count else rows[:0]
    assert best_rows(scores, rows, count).tolist() == expected.tolist()
