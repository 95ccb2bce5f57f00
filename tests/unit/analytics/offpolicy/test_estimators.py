"""Off-policy estimates: by hand, against the truth of small worlds, and what they must share with each other."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cobi.analytics.offpolicy import single, slates
from cobi.analytics.offpolicy.marginals import placed
from cobi.analytics.offpolicy.overlap import Caution, overlap
from cobi.analytics.offpolicy.report import SlateLog, judge
from tests.unit.analytics.offpolicy.logs import drawn_singles, drawn_slates

seeds = st.integers(0, 2**32)


def test_weights_by_hand() -> None:
    # Shown with .5, .25, .25; the new policy would have with .25, .5, 0: weights ½, 2, 0.
    reward, weight = np.array([1.0, 1, 1]), np.array([0.5, 2, 0])
    assert single.ips(reward, weight).value == pytest.approx(2.5 / 3)
    assert single.ips(reward, weight, clip=1).value == pytest.approx(1.5 / 3)
    assert single.snips(reward, weight).value == 1
    assert single.doubly_robust(reward, weight, np.full(3, 0.5), np.full(3, 0.6)).value == pytest.approx(
        0.6 + 1.25 / 3
    )
    assert single.replay(np.array([1.0, 0, 1]), np.array([True, True, False])).value == 0.5


def test_a_list_by_hand() -> None:
    # Ratios 2 and ½ of a list, rewards 1 and 1: the first place counts 2, the second 2 · ½ = 1.
    reward, chances, logged = np.ones((1, 2)), np.array([[0.8, 0.25]]), np.array([[0.4, 0.5]])
    assert slates.prefix_weights(chances, logged).tolist() == [[2, 1]]
    assert slates.cascade(reward, chances, logged).value == 3
    assert slates.standard(reward, chances, logged).value == 2
    assert slates.independent(reward, chances, logged).value == 2.5
    # Q shown 1.5 and .5, expected 1 and .8: 2 (1 − 1.5) + 1 · 1 + 1 (1 − .5) + 2 · .8.
    shown, expected = np.array([[1.5, 0.5]]), np.array([[1.0, 0.8]])
    assert slates.cascade_doubly_robust(reward, chances, logged, shown, expected).value == pytest.approx(2.1)


@given(seeds)
def test_with_a_model_that_is_right_doubly_robust_is_the_direct_method(seed: int) -> None:
    log = drawn_slates(seed, n=20)
    future = log.shown()
    # A world without luck whose rewards from each place down are exactly Q … of what was shown.
    reward = future - np.column_stack([log.expected()[:, 1:], np.zeros(len(future))])
    exact = slates.cascade_doubly_robust(reward, log.chances, log.logged, future, log.expected())
    assert exact.value == pytest.approx(slates.direct(log.expected()).value)
    weight = np.random.default_rng(seed).random(20) * 5
    robust = single.doubly_robust(reward[:, 0], weight, reward[:, 0], future[:, 0])
    assert robust.value == pytest.approx(single.direct(future[:, 0]).value)


@given(seeds)
def test_with_a_model_that_knows_nothing_doubly_robust_is_weighting(seed: int) -> None:
    log = drawn_slates(seed, n=20)
    nothing = np.zeros_like(log.reward)
    weighed = slates.cascade(log.reward, log.chances, log.logged)
    robust = slates.cascade_doubly_robust(log.reward, log.chances, log.logged, nothing, nothing)
    assert robust.pulls == pytest.approx(weighed.pulls, abs=1e-12)


@given(seeds)
def test_the_policy_that_served_is_worth_what_it_earned(seed: int) -> None:
    log = drawn_slates(seed, n=20)
    earned = log.reward.sum(axis=1).mean()
    for name in ("standard", "self_normalised_standard", "cascade", "self_normalised_cascade"):
        assert getattr(slates, name)(log.reward, log.logged, log.logged).value == pytest.approx(earned)


@given(seeds)
def test_answers_come_in_any_order(seed: int) -> None:
    log = drawn_slates(seed, n=30)
    order = np.random.default_rng(seed).permutation(30)
    given_ = log.reward, log.chances, log.logged, log.shown(), log.expected()
    forth = slates.cascade_doubly_robust(*given_)
    back = slates.cascade_doubly_robust(*(array[order] for array in given_))
    assert back.value == pytest.approx(forth.value)
    assert back.error == pytest.approx(forth.error)


@given(seeds, st.floats(-5, 5))
def test_a_constant_added_to_rewards_adds_itself_to_the_self_normalised(seed: int, constant: float) -> None:
    log = drawn_singles(seed, n=30)
    weight = log.at(log.policy) / log.logged
    moved = single.snips(log.reward + constant, weight).value
    assert moved == pytest.approx(single.snips(log.reward, weight).value + constant)


def world(n: int, seed: int) -> tuple[SlateLog, float]:
    """A log of lists of two of three items, read downwards, and the true worth of a policy that turns them around."""
    weights, worth = np.array([3.0, 2, 1]), np.array([0.1, 0.3, 0.5])
    lists = np.array(list(permutations(range(3), 2)))

    def chances(own: np.ndarray) -> np.ndarray:
        first, second = own[lists[:, 0]], own[lists[:, 1]]
        return np.column_stack([first / own.sum(), second / (own.sum() - first)])

    def rates(which: np.ndarray) -> np.ndarray:
        first = worth[which[:, 0]]
        return np.column_stack([first, worth[which[:, 1]] * (1 - first)])

    logged, new = chances(weights), chances(weights[::-1])
    rng = np.random.default_rng(seed)
    drawn = rng.choice(6, n, p=logged.prod(axis=1))
    reward = (rng.random((n, 2)) < rates(lists)[drawn]).astype(np.float64)
    truth = float(new.prod(axis=1) @ rates(lists).sum(axis=1))
    return SlateLog(np.arange(n), reward, logged[drawn], new[drawn]), truth


@pytest.mark.parametrize("name", ["cascade", "standard", "self_normalised_cascade"])
def test_estimates_are_right_on_average_and_their_intervals_as_often_as_they_say(name: str) -> None:
    truth = world(1, 0)[1]
    found = []
    for seed in range(400):
        log, _ = world(400, seed)
        found.append(getattr(slates, name)(log.reward, log.chances, log.logged))
    values = np.array([one.value for one in found])
    assert values.mean() == pytest.approx(truth, abs=4 * float(values.std()) / 20)
    assert np.mean([low <= truth <= high for low, high in (one.normal_interval() for one in found)]) >= 0.92


@given(arrays(np.float64, 5, elements=st.floats(-30, 3)), st.permutations(range(5)), st.integers(1, 5))
def test_the_chance_of_a_place_is_that_of_all_lists_that_have_the_item_there(
    logits: np.ndarray, order: list[int], length: int
) -> None:
    weight, chance = np.exp(logits), np.zeros((5, length))
    for drawn in permutations(range(5), length):
        # What is left is added up: subtracted from the whole it would be lost in the rounding.
        lefts = [
            weight[[item for item in range(5) if item not in drawn[:place]]].sum() for place in range(length)
        ]
        chance[list(drawn), range(length)] += np.prod(weight[list(drawn)] / lefts)
    shown = np.array(order[:length])
    assert placed(logits, shown) == pytest.approx(chance[shown, range(length)], abs=1e-9)


def test_where_a_place_counts_alone_its_own_chances_are_enough() -> None:
    rng, lists, worth = (
        np.random.default_rng(4),
        np.array(list(permutations(range(4), 2))),
        np.array([0.1, 0.5]),
    )
    old, new = np.array([0.0, 0.5, 1, 2]), np.array([2.0, 1, 0.5, 0])
    own = [np.array([placed(logits, one) for one in lists]) for logits in (old, new)]
    chances = []
    for weight in (np.exp(old), np.exp(new)):
        first, second = weight[lists].T
        chances.append(np.column_stack([first / weight.sum(), second / (weight.sum() - first)]))
    rate = worth[None, :] * (1 + lists) / 4
    drawn = rng.choice(12, 40_000, p=chances[0].prod(axis=1))
    reward = (rng.random((40_000, 2)) < rate[drawn]).astype(np.float64)
    truth = float(chances[1].prod(axis=1) @ rate.sum(axis=1))
    both = [each[drawn] for each in (*chances, *own)]
    told = judge(
        SlateLog(np.arange(40_000), reward, both[0], both[1], None, None, None, both[2], both[3]), seed=1
    )
    found = {one.estimator: one for one in told.policy}
    for name in ("independent", "self_normalised_independent", "cascade"):
        assert found[name].value == pytest.approx(truth, abs=4 * found[name].error)
    assert found["independent"].error < found["cascade"].error < found["standard"].error


def test_a_judgement_puts_all_estimates_side_by_side() -> None:
    log = drawn_slates(3)
    told = judge(
        SlateLog(np.arange(800) // 2, log.reward, log.logged, log.chances, log.shown(), log.expected()),
        seed=1,
    )
    assert [one.estimator for one in told.policy] == [
        "cascade_doubly_robust", "direct", "cascade", "self_normalised_cascade", "standard",
    ]  # fmt: skip
    assert told.served.value == pytest.approx(log.reward.sum(axis=1).mean())
    assert told.gain.value == pytest.approx(told.policy[0].value - told.served.value)
    assert all(one.low < one.value < one.high for one in (*told.policy, told.served, told.gain))
    assert (told.overlap.answers, told.overlap.students, told.overlap.cautions) == (800, 400, ())
    assert (
        judge(SlateLog(np.arange(800), log.reward, log.logged, log.chances), seed=1).policy[0].estimator
        == "cascade"
    )


def test_a_leaning_estimate_has_a_leaning_interval() -> None:
    even, rare = np.full((400, 1), 0.5), (np.arange(400) % 40 == 0).astype(np.float64)[:, None]
    told = judge(SlateLog(np.arange(400), rare, even, even), seed=1).served
    assert told.high - told.value > 1.2 * (told.value - told.low) > 0


def test_a_policy_that_shows_what_the_log_never_did_is_cautioned_of() -> None:
    rng = np.random.default_rng(0)
    even = np.ones(2000)
    own = np.arange(2000)
    assert overlap(even, own).cautions == ()
    assert overlap(even, own, np.full(2000, 0.2)).cautions == (Caution.UNSUPPORTED,)
    assert overlap(0.7 * even + 0.1 * rng.random(2000), own).cautions == (Caution.WEIGHTS_OFF,)
    assert overlap(even[:50], own[:50]).cautions == (Caution.FEW_EFFECTIVE,)
    one_decides = np.append(np.ones(1999), 300.0)
    assert Caution.HEAVY_WEIGHT in overlap(one_decides, own).cautions
    rare = (rng.random(100_000) < 0.005) / 0.005
    assert overlap(rare, np.arange(100_000)).cautions == (Caution.THIN_OVERLAP,)


def test_effective_students_by_hand() -> None:
    # Two students with weights 1 + 1 and 2, one with 0: (2 + 2)² / (4 + 4) = 2 of 3.
    found = overlap(np.array([1.0, 1, 2, 0]), np.array([4, 4, 7, 9]))
    assert (found.students, found.effective, found.mean_weight, found.zero_share) == (3, 2, 1, 0.25)
    assert found.largest_share == 0.5
    assert overlap(np.zeros(0), np.zeros(0, int)).cautions == (Caution.FEW_EFFECTIVE,)
