"""What an experiment's figures lead to, and what stands in the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.experiments.decisions import Code, Guard, Guardrail, decide
from cobi.analytics.experiments.readings import Finding, Metric, Reading, read
from cobi.analytics.experiments.sample_ratio import check_ratio
from cobi.analytics.experiments.sequences import Sequence
from cobi.analytics.experiments.sums import Sums

REVEALS = Metric("reveals per student")
EVEN = check_ratio([1000, 1000], [0.5, 0.5])


def arm(mean: float, size: int = 4000, seed: int = 0) -> Sums:
    """Students around a mean, as even as whole numbers can be."""
    values = np.random.default_rng(seed).poisson(mean, size).astype(float)
    return Sums.of(values)


def reading(treated: float, control: float, metric: Metric = REVEALS, size: int = 4000) -> Reading:
    return read(metric, arm(treated, size, 1), arm(control, size, 2), Sequence(2 * size))


def bounds(low: float, high: float, metric: Metric = REVEALS) -> Reading:
    return Reading(metric, Finding.UNDECIDED, 500, 500, lift_low=low, lift_high=high)


@pytest.mark.parametrize(
    ("treated", "control", "metric", "finding"),
    [
        (1.3, 1.0, REVEALS, Finding.BETTER),
        (1.0, 1.3, REVEALS, Finding.WORSE),
        (1.3, 1.0, Metric("refunds", higher_is_better=False), Finding.WORSE),
        (1.0, 1.3, Metric("refunds", higher_is_better=False), Finding.BETTER),
        (1.0, 1.0, REVEALS, Finding.UNDECIDED),
        (1.0, 1.0, Metric("reveals", matters=0.2), Finding.NO_DIFFERENCE),
    ],
)
def test_a_reading_says_what_it_found(
    treated: float, control: float, metric: Metric, finding: Finding
) -> None:
    assert reading(treated, control, metric).finding is finding


def test_a_reading_tells_its_figures() -> None:
    found = reading(1.3, 1.0)
    assert found.difference is not None
    assert found.lift is not None
    assert found.difference_low is not None
    assert found.lift_low is not None
    assert 0 < found.difference_low < found.difference == pytest.approx(0.3, abs=0.08)
    assert 0 < found.lift_low < found.lift == pytest.approx(0.3, abs=0.08)
    assert found.p_value < 0.001


def test_few_students_or_few_behind_the_outcome_are_too_early() -> None:
    assert reading(9, 1, size=99).finding is Finding.TOO_EARLY
    one_buys_all = np.zeros(5000)
    one_buys_all[:19] = 1
    found = read(REVEALS, Sums.of(one_buys_all), arm(1), Sequence(10_000))
    assert (found.finding, found.difference) == (Finding.TOO_EARLY, None)


@pytest.mark.parametrize(("ours", "p_value"), [(1.0, 1.0), (2.0, 0.0)])
def test_arms_without_any_spread_are_read_too(ours: float, p_value: float) -> None:
    found = read(REVEALS, Sums.of(np.full(200, ours)), Sums.of(np.ones(200)), Sequence(400))
    assert (found.p_value, found.lift) == (p_value, ours - 1)


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (-0.01, 0.2, Guard.HOLDS),
        (-0.3, -0.03, Guard.BREACHED),
        (-0.3, 0.1, Guard.OPEN),
        (-0.05, -0.01, Guard.OPEN),
    ],
)
def test_a_guardrail_stands_where_the_whole_interval_is(low: float, high: float, state: Guard) -> None:
    assert Guardrail(bounds(low, high), 0.02).state is state
    falling = Metric("refunds", higher_is_better=False)
    assert Guardrail(bounds(-high, -low, falling), 0.02).state is state


def test_nothing_known_of_a_guardrail_leaves_it_open() -> None:
    unknown = Reading(REVEALS, Finding.TOO_EARLY, 5, 5)
    assert Guardrail(unknown, 0.02).state is Guard.OPEN


def test_a_mismatch_comes_before_a_breach_and_a_breach_before_success() -> None:
    better, breach = reading(1.3, 1.0), Guardrail(bounds(-0.5, -0.4), 0.1)
    uneven = check_ratio([5000, 4000], [0.5, 0.5])
    assert decide(better, [], EVEN).code is Code.BETTER
    assert decide(better, [breach], EVEN).code is Code.GUARDRAIL_BREACHED
    assert decide(better, [breach], uneven).code is Code.SAMPLE_RATIO_MISMATCH
    assert decide(better, [breach], EVEN).guardrails == (("reveals per student", Guard.BREACHED),)


def test_every_finding_has_its_decision() -> None:
    for finding in Finding:
        assert decide(Reading(REVEALS, finding, 1, 1), [], EVEN).code.value == finding.value


def test_a_sample_ratio_by_hand() -> None:
    # One student in the first of two even arms: the mixture gives it 1/2 as the plan does, no evidence.
    assert check_ratio([1, 0], [0.5, 0.5]).p_value == pytest.approx(1)
    # 10 of 10: Π (500 + i) / (1000 + i) over 2^-10, i = 0…9.
    mixture = np.prod([(500 + i) / (1000 + i) for i in range(10)])
    assert check_ratio([10, 0], [0.5, 0.5]).p_value == pytest.approx(1 / (mixture * 2**10))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=5))
def test_the_order_of_arms_does_not_matter(counts: list[int]) -> None:
    shares = [(i + 1) / sum(range(1, len(counts) + 1)) for i in range(len(counts))]
    forth, back = check_ratio(counts, shares), check_ratio(counts[::-1], shares[::-1])
    assert forth.p_value == pytest.approx(back.p_value, rel=1e-6)


def test_a_check_of_every_student_alarms_rarely_and_finds_what_is_wrong() -> None:
    rng = np.random.default_rng(4)
    looks = range(50, 5001, 50)

    def alarmed(share: float) -> bool:
        first = np.cumsum(rng.random(5000) < share)
        return any(
            check_ratio([int(first[n - 1]), n - int(first[n - 1])], [0.5, 0.5]).mismatch for n in looks
        )

    assert sum(alarmed(0.5) for _ in range(300)) <= 2
    assert sum(alarmed(0.55) for _ in range(50)) == 50
