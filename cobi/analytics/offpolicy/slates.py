"""Estimators for lists: Σ over places of the rewards, of a policy that orders otherwise.

All arrays are answers × places. `chances` are P(item here | items above) under the new policy, `logged` the same under
the one that served, above 0; a list that is shorter has reward 0 and chances 1 in the places it lacks. What a
student does with a place is taken to hang on

    standard      the whole list              unbiased always, and useless for long lists
    cascade       this place and those above  right for who reads downwards
    independent   this place alone            the narrowest; wrong where neighbours matter

The first that can be believed is to be preferred; the further down, the more is assumed and the less it varies.
"""

from __future__ import annotations

import numpy as np

from cobi.analytics.ratios import FloatArray, Ratios


def standard(reward: FloatArray, chances: FloatArray, logged: FloatArray) -> Ratios:
    """Each list weighed as a whole (Swaminathan et al. 2017, NeurIPS, section 2)."""
    weight = list_weights(chances, logged)
    return Ratios.of_mean(weight * reward.sum(axis=1))


def self_normalised_standard(reward: FloatArray, chances: FloatArray, logged: FloatArray) -> Ratios:
    """The same over the mean weight."""
    weight = list_weights(chances, logged)
    return Ratios((weight * reward.sum(axis=1))[:, None], weight[:, None])


def independent(reward: FloatArray, marginal: FloatArray, logged_marginal: FloatArray) -> Ratios:
    """The item-position estimator (Li, Abbasi-Yadkori, Kveton et al. 2018, KDD).

    Its chances are P(item here), whatever stands above.
    """
    return Ratios.of_mean((reward * marginal / logged_marginal).sum(axis=1))


def self_normalised_independent(
    reward: FloatArray, marginal: FloatArray, logged_marginal: FloatArray
) -> Ratios:
    """The same, each place over its mean weight."""
    weight = marginal / logged_marginal
    return Ratios(weight * reward, weight)


def cascade(reward: FloatArray, chances: FloatArray, logged: FloatArray) -> Ratios:
    """Reward-interaction IPS (McInerney et al. 2020, KDD): each place weighed by the list down to it."""
    return Ratios.of_mean((prefix_weights(chances, logged) * reward).sum(axis=1))


def self_normalised_cascade(reward: FloatArray, chances: FloatArray, logged: FloatArray) -> Ratios:
    """The same, each place over its mean weight, as McInerney et al. recommend."""
    weight = prefix_weights(chances, logged)
    return Ratios(weight * reward, weight)


def cascade_doubly_robust(
    reward: FloatArray, chances: FloatArray, logged: FloatArray, shown: FloatArray, expected: FloatArray
) -> Ratios:
    """Cascade-DR (Kiyohara et al. 2022, WSDM): a reward model's promise for each place, corrected by its errors.

    A model's Q of a place is the reward of that place and all below, given the list as far as it: `shown` is Q of the
    item that was shown there, `expected` the mean of Q over the items that could follow, by the new policy's chances.
    Σ_l w_l (reward_l − shown_l) + w_(l−1) expected_l, where w_l weighs the list down to place l; unbiased
    whatever Q is, as long as it did not learn from these answers.
    """
    weight = prefix_weights(chances, logged)
    before = np.column_stack([np.ones(len(weight)), weight[:, :-1]])
    return Ratios.of_mean((weight * (reward - shown) + before * expected).sum(axis=1))


def direct(expected: FloatArray) -> Ratios:
    """What the model promises of the whole list, before its first place is filled."""
    return Ratios.of_mean(expected[:, 0])


def prefix_weights(chances: FloatArray, logged: FloatArray) -> FloatArray:
    """How much more often the new policy shows the list down to each place."""
    return np.multiply.accumulate(chances / logged, axis=1)


def list_weights(chances: FloatArray, logged: FloatArray) -> FloatArray:
    """How much more often the new policy shows the whole list."""
    return prefix_weights(chances, logged)[:, -1]
