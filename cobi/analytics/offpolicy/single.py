"""Estimators for answers of one item, or for one place of longer ones taken by itself.

All arrays have one entry for each answer. `logged` is what a reward model expects of the item that was shown,
`expected` what it expects of the new policy there: the mean over all items by the new policy's chances. The model must
not have learned from the answer it judges (cross-fitting), or the doubly robust ones lose their promise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.analytics.ratios import FloatArray, Ratios


def ips(reward: FloatArray, weight: FloatArray, clip: float = np.inf) -> Ratios:
    """Inverse propensity scoring (Horvitz & Thompson 1952; Strehl et al. 2010, NeurIPS): the mean of weight · reward.

    Unbiased where the log could have shown whatever the policy can. Clipped (Ionides 2008; Bottou et al. 2013,
    JMLR 14:3207), it varies less and errs towards 0.
    """
    return Ratios.of_mean(np.minimum(weight, clip) * reward)


def snips(reward: FloatArray, weight: FloatArray) -> Ratios:
    """Self-normalised (Swaminathan & Joachims 2015, NeurIPS): Σ weight · reward / Σ weight; needs one weight above 0.

    Its bias fades as 1 / n; it stays inside the range of rewards, and a constant added to them adds itself.
    """
    return Ratios((weight * reward)[:, None], weight[:, None])


def direct(expected: FloatArray) -> Ratios:
    """The direct method (Beygelzimer & Langford 2009, KDD): what the reward model promises; as biased as it is."""
    return Ratios.of_mean(expected)


def doubly_robust(
    reward: FloatArray, weight: FloatArray, logged: FloatArray, expected: FloatArray, clip: float = np.inf
) -> Ratios:
    """The model's promise, corrected by its weighted errors (Dudík, Langford & Li 2011, ICML).

    Unbiased where the propensities or the model are right; the better the model, the narrower the interval.
    """
    return Ratios.of_mean(expected + np.minimum(weight, clip) * (reward - logged))


def self_normalised_doubly_robust(
    reward: FloatArray, weight: FloatArray, logged: FloatArray, expected: FloatArray
) -> Ratios:
    """The same with Σ weight for n in the correction (Thomas & Brunskill 2016, ICML)."""
    return Ratios(
        np.column_stack([expected, weight * (reward - logged)]),
        np.column_stack([np.ones(len(weight)), weight]),
    )


def switch_doubly_robust(
    reward: FloatArray, weight: FloatArray, logged: FloatArray, expected: FloatArray, threshold: float
) -> Ratios:
    """Corrected only where the weight is at most the threshold (Wang, Agarwal & Dudík 2017, ICML)."""
    return doubly_robust(reward, np.where(weight <= threshold, weight, 0.0), logged, expected)


def shrunk_doubly_robust(
    reward: FloatArray, weight: FloatArray, logged: FloatArray, expected: FloatArray, shrinkage: float
) -> Ratios:
    """Corrected with shrinkage · w / (w² + shrinkage) for w (Su, Dimakopoulou, Krishnamurthy & Dudík 2020, ICML)."""
    return doubly_robust(reward, shrinkage * weight / (weight**2 + shrinkage), logged, expected)


def replay(reward: FloatArray, matched: NDArray[np.bool_]) -> Ratios:
    """The mean reward where a policy without chance would have shown the same (Li et al. 2011, WSDM).

    Right only where the log drew evenly; needs one match.
    """
    return Ratios((matched * reward)[:, None], matched[:, None].astype(np.float64))
