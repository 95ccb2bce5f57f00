"""All estimates of one policy from one log, side by side, with their intervals and what speaks against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cobi.analytics.offpolicy import slates
from cobi.analytics.offpolicy.overlap import Overlap, overlap
from cobi.analytics.ratios import FloatArray, IntArray, Ratios

BEST = "cascade_doubly_robust"
"""The estimate that the gain is taken from, where a reward model was given."""

LEANING = 0.2
"""The skewness of an estimate, that of one student's pull over √n, past which a normal interval misses on one side
(Hall 1992, The Bootstrap and Edgeworth Expansion, ch. 3); the bootstrap-t interval is given there."""


@dataclass(frozen=True, slots=True, eq=False)
class SlateLog:
    """What was answered and what came of it; answers × places, as `slates` describes them.

    Without a reward model `shown` and `expected` are None, and the doubly robust and direct estimates are left out.
    """

    owner: IntArray
    """The student of each answer, from 0."""
    reward: FloatArray
    logged: FloatArray
    chances: FloatArray
    shown: FloatArray | None = None
    expected: FloatArray | None = None
    unsupported: FloatArray | None = None
    """Of each answer, the mass of the policy's choices that the log could not show."""
    logged_marginal: FloatArray | None = None
    marginal: FloatArray | None = None
    """P(item here), whatever stands above, as `marginals.placed` has it; without both no place is weighed alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimator's answer: reward per answer, and the interval over students."""

    estimator: str
    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the log says of a policy, and of the one that served, as the same log has it."""

    policy: tuple[Estimate, ...]
    served: Estimate
    gain: Estimate
    """Policy − served, from the same answers: surer than both, as both meet the same luck."""
    overlap: Overlap


def judge(log: SlateLog, seed: int, alpha: float = 0.05) -> Judgement:
    """Estimate a policy's reward per answer; the log has at least one answer."""
    student = np.unique(log.owner, return_inverse=True)[1]
    found = overlap(answer_weights(log.reward, log.chances, log.logged), student, log.unsupported)

    def estimate(name: str, ratios: Ratios) -> Estimate:
        own = ratios.of_owners(student)
        if abs(own.skewness) > LEANING:
            return Estimate(name, own.value, *own.bootstrap_interval(seed, alpha=alpha), own.error)
        return Estimate(name, own.value, *own.normal_interval(_quantile(alpha)), own.error)

    policy = dict(_estimators(log))
    served = Ratios.of_mean(log.reward.sum(axis=1))
    return Judgement(
        tuple(estimate(name, ratios) for name, ratios in policy.items()),
        estimate("served", served),
        estimate("gain", policy[BEST] - served if BEST in policy else policy["cascade"] - served),
        found,
    )


def answer_weights(reward: FloatArray, chances: FloatArray, logged: FloatArray) -> FloatArray:
    """One for each answer: its places' weights, each by its place's share of all reward; arrays as in `SlateLog`."""
    by_place = reward.sum(axis=0)
    share = by_place / by_place.sum() if by_place.sum() > 0 else np.full(len(by_place), 1 / len(by_place))
    return slates.prefix_weights(chances, logged) @ share


def _estimators(log: SlateLog) -> Iterator[tuple[str, Ratios]]:
    if log.shown is not None and log.expected is not None:
        yield (
            BEST,
            slates.cascade_doubly_robust(log.reward, log.chances, log.logged, log.shown, log.expected),
        )
        yield "direct", slates.direct(log.expected)
    yield "cascade", slates.cascade(log.reward, log.chances, log.logged)
    if bool((slates.prefix_weights(log.chances, log.logged).sum(axis=0) > 0).all()):
        yield "self_normalised_cascade", slates.self_normalised_cascade(log.reward, log.chances, log.logged)
    if log.marginal is not None and log.logged_marginal is not None:
        marginal = log.marginal, log.logged_marginal
        yield "independent", slates.independent(log.reward, *marginal)
        if bool((log.marginal.sum(axis=0) > 0).all()):
            yield "self_normalised_independent", slates.self_normalised_independent(log.reward, *marginal)
    yield "standard", slates.standard(log.reward, log.chances, log.logged)


def _quantile(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2)
