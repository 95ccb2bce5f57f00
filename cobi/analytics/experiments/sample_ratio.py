"""Whether students came into the arms in the shares that were planned.

Where they did not, something before or behind the assignment lost students of one arm, and no figure of the
experiment can be believed (Fabijan et al. 2019, KDD).
"""

from __future__ import annotations

from collections.abc import Sequence as Values
from dataclasses import dataclass
from math import exp, lgamma, log

STRICT = 0.001
"""The alpha of the check: it is asked of every experiment, every day, and a mismatch stops all reading."""

CONCENTRATION = 1000.0
"""Of the alternative's shares around the planned ones: sure of deviations of a percentage point or two."""


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """The check's outcome."""

    p_value: float
    observed: tuple[float, ...]
    mismatch: bool


def check_ratio(counts: Values[int], shares: Values[float], alpha: float = STRICT) -> SampleRatio:
    """Compare the students of each arm with the planned shares, which are above 0 and sum to 1; at any time, any often.

    A Dirichlet–multinomial mixture against the planned multinomial (Lindon & Malek 2022, NeurIPS): under
    the plan, the chance that the Bayes factor ever reaches 1 / alpha is at most alpha (Ville 1939).
    """
    total = sum(counts)
    evidence = lgamma(CONCENTRATION) - lgamma(CONCENTRATION + total)
    for count, share in zip(counts, shares, strict=True):
        prior = CONCENTRATION * share
        evidence += lgamma(prior + count) - lgamma(prior) - count * log(share)
    p_value = exp(-max(evidence, 0.0))
    observed = tuple(count / total if total else 0.0 for count in counts)
    return SampleRatio(p_value, observed, p_value < alpha)
