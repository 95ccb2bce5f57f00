"""The evidence gate: who is promoted, who is held, and when nobody knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.analytics.gate import Gain, OffPolicy, Reason, Rules, Verdict, judge, paired_gain


def recalls(students: int = 2000, better: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What two models foretold of the same students: mostly nothing; the candidate does some better."""
    rng = np.random.default_rng(seed)
    live = (rng.random(students) < 0.25) * rng.choice([1 / 3, 1 / 2, 1.0], students)
    moved = rng.random(students) < 0.2
    candidate = np.where(moved, rng.permutation(live), live) * (1 + better)
    return candidate, live


def earned(low: float, high: float, *, trusted: bool = True) -> OffPolicy:
    return OffPolicy(Gain(5000, 1 + (low + high) / 2, 1.0, (low + high) / 2, low, high), trusted)


@pytest.mark.parametrize(
    ("better", "log", "verdict", "reason"),
    [
        (0.3, None, Verdict.PROMOTE, Reason.FORETELLS_BETTER),
        (0.3, earned(-0.01, 0.2), Verdict.PROMOTE, Reason.FORETELLS_BETTER),
        (0.3, earned(-0.10, 0.2), Verdict.NOT_ENOUGH_EVIDENCE, Reason.LOSS_NOT_RULED_OUT),
        (0.3, earned(-0.10, 0.2, trusted=False), Verdict.PROMOTE, Reason.FORETELLS_BETTER),
        (0.3, earned(-0.20, -0.05), Verdict.HOLD, Reason.OFFPOLICY_WORSE),
        (0.3, earned(-0.20, -0.05, trusted=False), Verdict.PROMOTE, Reason.FORETELLS_BETTER),
        (0.0, None, Verdict.NOT_ENOUGH_EVIDENCE, Reason.UNCERTAIN),
        (0.0, earned(0.02, 0.2), Verdict.PROMOTE, Reason.OFFPOLICY_BETTER),
        (0.0, earned(-0.01, 0.01), Verdict.HOLD, Reason.NO_GAIN),
        (-0.3, None, Verdict.HOLD, Reason.FORETELLS_WORSE),
        (-0.3, earned(0.02, 0.2), Verdict.HOLD, Reason.FORETELLS_WORSE),
    ],
)
def test_evidence_and_what_follows(
    better: float, log: OffPolicy | None, verdict: Verdict, reason: Reason
) -> None:
    ruling = judge(*recalls(better=better), seed=1, off_policy=log)
    assert (ruling.verdict, ruling.reason) == (verdict, reason)


def test_a_figure_that_must_not_suffer_holds_a_better_model() -> None:
    guards = {"new students": recalls(better=-0.4, seed=2), "coverage": recalls(better=0.2, seed=3)}
    ruling = judge(*recalls(better=0.3), seed=1, guards=guards)
    assert (ruling.verdict, ruling.reason) == (Verdict.HOLD, Reason.GUARD_WORSE)
    assert ruling.guards["new students"].surely_below(0)


def test_few_students_are_not_enough_for_promotion() -> None:
    ruling = judge(np.full(100, 0.9), np.tile([0.1, 0.2], 50), seed=1)
    assert ruling.reason is Reason.TOO_FEW_STUDENTS
    assert (
        judge(np.full(100, 0.9), np.tile([0.1, 0.2], 50), 1, rules=Rules(students=50)).verdict
        is Verdict.PROMOTE
    )


def test_nobody_and_nothing_foretold_are_not_enough() -> None:
    for live in (np.zeros(0), np.zeros(500)):
        ruling = judge(live, live, seed=1)
        assert ruling.verdict is Verdict.NOT_ENOUGH_EVIDENCE
        assert ruling.main.gain is None


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_ruling(seed: int) -> None:
    candidate, live = recalls(300, 0.1, seed)
    assert judge(candidate, live, seed) == judge(candidate.copy(), live.copy(), seed)


def test_a_gain_by_hand() -> None:
    found = paired_gain(np.array([1.0, 2, 3]), np.array([1.0, 1, 3]), seed=1, alpha=0.05)
    assert (found.candidate, found.live, found.gain) == (2, 5 / 3, pytest.approx(0.2))


def test_two_that_are_equal_are_told_apart_as_seldom_as_promised() -> None:
    found = [paired_gain(*recalls(400, seed=seed), seed=seed, alpha=0.05, draws=400) for seed in range(200)]
    wrong = np.mean([one.surely_above(0) or one.surely_below(0) for one in found])
    assert wrong <= 0.08
