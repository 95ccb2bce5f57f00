"""Whether a newly trained model should take the live one's place: promote, hold, or not enough evidence.

Two kinds of evidence are weighed. *Foretelling*: how well both models foretold what the same students did in a later
period, which is plentiful and says little of what students would do with another list. *Off-policy*: what the log says
the new model would have earned, which speaks of exactly that, where the log can speak at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cobi.analytics.ratios import DRAWS, FloatArray, Ratios


class Verdict(StrEnum):
    """What to do."""

    PROMOTE = "promote"
    HOLD = "hold"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


class Reason(StrEnum):
    """Why; the first that applies."""

    GUARD_WORSE = "GUARD_WORSE"
    """A figure that must not suffer surely does."""
    OFFPOLICY_WORSE = "OFFPOLICY_WORSE"
    FORETELLS_WORSE = "FORETELLS_WORSE"
    TOO_FEW_STUDENTS = "TOO_FEW_STUDENTS"
    OFFPOLICY_BETTER = "OFFPOLICY_BETTER"
    FORETELLS_BETTER = "FORETELLS_BETTER"
    """And the log, where it can speak, rules a loss out."""
    LOSS_NOT_RULED_OUT = "LOSS_NOT_RULED_OUT"
    """It foretells better, but may earn less than is tolerated."""
    NO_GAIN = "NO_GAIN"
    """Any difference is smaller than is tolerated: not worth the change."""
    UNCERTAIN = "UNCERTAIN"


_VERDICTS = {
    Reason.GUARD_WORSE: Verdict.HOLD,
    Reason.OFFPOLICY_WORSE: Verdict.HOLD,
    Reason.FORETELLS_WORSE: Verdict.HOLD,
    Reason.TOO_FEW_STUDENTS: Verdict.NOT_ENOUGH_EVIDENCE,
    Reason.OFFPOLICY_BETTER: Verdict.PROMOTE,
    Reason.FORETELLS_BETTER: Verdict.PROMOTE,
    Reason.LOSS_NOT_RULED_OUT: Verdict.NOT_ENOUGH_EVIDENCE,
    Reason.NO_GAIN: Verdict.HOLD,
    Reason.UNCERTAIN: Verdict.NOT_ENOUGH_EVIDENCE,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """How sure the gate wants to be."""

    alpha: float = 0.01
    """Of each interval. Every training asks anew, so one asking must seldom be wrong."""
    tolerated: float = 0.02
    """The relative loss that a promotion may risk, and the gain that is not worth one."""
    students: int = 200
    """Fewer are not asked."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Candidate − live, relative to live: 0.1 is a tenth more. None where live has nothing to compare with."""

    students: int
    candidate: float
    live: float
    gain: float | None
    low: float | None
    high: float | None

    def surely_below(self, bound: float) -> bool:
        return self.high is not None and self.high < bound

    def surely_above(self, bound: float) -> bool:
        return self.low is not None and self.low > bound


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """What the log says; `trusted` is false where anything cautions of it."""

    gain: Gain
    trusted: bool


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict and all it stands on."""

    verdict: Verdict
    reason: Reason
    main: Gain
    guards: Mapping[str, Gain]
    off_policy: OffPolicy | None


def paired_gain(candidate: FloatArray, live: FloatArray, seed: int, alpha: float, draws: int = DRAWS) -> Gain:
    """The relative gain in a figure's mean over the same students, by a paired bootstrap (Efron & Tibshirani 1993).

    Both arrays are one value, 0 or above, for each student, in the same order. The bootstrap is of the ratio
    of the sums, students drawn with both their values.
    """
    if len(live) == 0 or not float(live.sum()) > 0:
        return Gain(len(live), _mean(candidate), _mean(live), None, None, None)
    ratio = Ratios((candidate - live)[:, None], live[:, None])
    low, high = ratio.bootstrap_interval(seed, alpha=alpha, draws=draws)
    return Gain(len(live), _mean(candidate), _mean(live), ratio.value, low, high)


def judge(
    candidate: FloatArray,
    live: FloatArray,
    seed: int,
    *,
    guards: Mapping[str, tuple[FloatArray, FloatArray]] | None = None,
    off_policy: OffPolicy | None = None,
    rules: Rules | None = None,
) -> Ruling:
    """Rule on a candidate; the same arguments give the same ruling.

    `candidate` and `live` are the main figure of each student of the later period, `guards` others that must
    not suffer, as (candidate, live). A surely worse figure holds it whatever speaks for it; without trusted
    off-policy evidence, foretelling decides alone.
    """
    asked = rules or Rules()
    main = paired_gain(candidate, live, seed, asked.alpha)
    others = {name: paired_gain(*pair, seed, asked.alpha) for name, pair in sorted((guards or {}).items())}
    reason = _reason(main, others, off_policy, asked)
    return Ruling(_VERDICTS[reason], reason, main, others, off_policy)


def _reason(main: Gain, guards: Mapping[str, Gain], off_policy: OffPolicy | None, rules: Rules) -> Reason:
    loss = -rules.tolerated
    earned = off_policy.gain if off_policy is not None and off_policy.trusted else None
    applies = {
        Reason.GUARD_WORSE: any(guard.surely_below(loss) for guard in guards.values()),
        Reason.OFFPOLICY_WORSE: earned is not None and earned.surely_below(0),
        Reason.FORETELLS_WORSE: main.surely_below(0),
        Reason.TOO_FEW_STUDENTS: main.students < rules.students,
        Reason.OFFPOLICY_BETTER: earned is not None and earned.surely_above(0),
        Reason.FORETELLS_BETTER: main.surely_above(0) and (earned is None or earned.surely_above(loss)),
        Reason.LOSS_NOT_RULED_OUT: main.surely_above(0),
        Reason.NO_GAIN: (main if earned is None else earned).surely_below(rules.tolerated),
        Reason.UNCERTAIN: True,
    }
    return next(reason for reason, true in applies.items() if true)


def _mean(values: FloatArray) -> float:
    return float(np.mean(values)) if len(values) else 0.0
