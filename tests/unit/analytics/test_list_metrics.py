"""What lists show: as the definitions read, taken in all at once or in parts, and how sure the figures are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.intervals import jackknife
from cobi.analytics.list_metrics import Shown, coverage, coverage_lost, most_novelty, novelty
from cobi.analytics.ranks import NOBODY

ITEMS, LENGTH = 12, 4
lists = st.lists(st.lists(st.integers(0, ITEMS - 1), max_size=LENGTH, unique=True), min_size=1, max_size=10)
offers = st.sets(st.integers(0, ITEMS - 1))


def tops(told: list[list[int]]) -> np.ndarray:
    return np.array([[*own, *[NOBODY] * (LENGTH - len(own))] for own in told])


def shown(told: list[list[int]], at_once: int = 100) -> Shown:
    made = Shown.nothing(ITEMS, len(told))
    for first in range(0, len(told), at_once):
        made.add(tops(told[first : first + at_once]), first)
    return made


@given(lists, offers, st.integers(1, 4))
def test_coverage_and_what_it_would_lose_are_as_defined(
    told: list[list[int]], there: set[int], at_once: int
) -> None:
    offered = np.isin(np.arange(ITEMS), list(there))

    def share(some: list[list[int]]) -> float:
        return len({item for own in some for item in own} & there) / max(len(there), 1)

    ours = shown(told, at_once)
    assert coverage(ours, offered) == pytest.approx(share(told), abs=1e-9)
    without_each = [share(told[:number] + told[number + 1 :]) for number in range(len(told))]
    lost = [share(told) - left for left in without_each]
    assert coverage_lost(ours, offered) == pytest.approx(lost, abs=1e-9)


@given(lists, st.lists(st.integers(0, 8), min_size=ITEMS, max_size=ITEMS))
def test_novelty_is_as_defined(told: list[list[int]], known_to: list[int]) -> None:
    theirs = [
        sum(-math.log2(max(known_to[item], 1) / 8) for item in own) / len(own) if own else 0 for own in told
    ]
    found = novelty(tops(told), np.array(known_to), 8)
    assert found == pytest.approx(theirs, abs=1e-9)
    assert (found <= most_novelty(8) + 1e-12).all()


def test_novelty_is_the_surprise_in_bits_of_what_is_shown() -> None:
    known_to = np.array([8, 4, 1, 0])
    told = np.array([[0, 1], [2, 3], [1, NOBODY], [NOBODY, NOBODY]])
    assert novelty(told, known_to, 8).tolist() == [0.5, 3, 1, 0]


def test_the_interval_of_coverage_holds_what_other_students_would_have_covered() -> None:
    """Students draw lists of a few of 80 items, some liked by few; what they cover on average is the truth."""
    rng, students = np.random.default_rng(5), 60
    chances = 1 / np.arange(1, 81) ** 0.8
    everything = np.ones(80, bool)

    def drawn() -> Shown:
        # The largest of random keys: a drawing without repeats, by chance (Efraimidis & Spirakis 2006).
        keys = np.log(rng.random((students, 80))) / chances
        made = Shown.nothing(80, students)
        made.add(np.argsort(-keys, axis=1)[:, :3], 0)
        return made

    many = [drawn() for _ in range(600)]
    covered = np.array([coverage(one, everything) for one in many])
    truth = covered.mean()
    ends = [jackknife(coverage(one, everything), coverage_lost(one, everything), (0, 1)) for one in many]
    held = [low <= truth <= high for _, low, high in ends]
    assert 0.93 <= np.mean(held) <= 0.995
    assert np.mean([high - low for _, low, high in ends]) < 1.5 * 2 * 1.96 * covered.std()


def test_of_a_single_list_the_interval_says_that_nothing_is_known() -> None:
    one = shown([[0, 1]])
    everything = np.ones(ITEMS, bool)
    assert jackknife(coverage(one, everything), coverage_lost(one, everything), (0, 1)) == (2 / ITEMS, 0, 1)
