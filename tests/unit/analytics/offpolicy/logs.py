"""Logs of policies, drawn by a seed: what both Cobi and the reference are asked about.

Only NumPy is imported, so that the reference's own Python can run it; only `random()` is drawn, whose numbers are
the same in every version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np


@dataclass(frozen=True)
class Singles:
    """Answers of one item at one of L places, K items; a new policy and a reward model, n × K × L each."""

    item: np.ndarray
    place: np.ndarray
    reward: np.ndarray
    logged: np.ndarray
    policy: np.ndarray
    model: np.ndarray

    def at(self, table: np.ndarray) -> np.ndarray:
        """The table's entry for what was shown."""
        return table[np.arange(len(self.item)), self.item, self.place]

    def expected(self) -> np.ndarray:
        """The model's mean under the policy, at the place."""
        rows = np.arange(len(self.item))
        return (self.policy[rows, :, self.place] * self.model[rows, :, self.place]).sum(axis=1)


def open_bandit(columns: Mapping[str, Sequence[float]]) -> Singles:
    """A shipped log of the men's campaign (34 items, 3 places), with a policy and a model that lean to some items."""
    item, place = (np.array(columns[name], int) for name in ("item", "place"))
    click, propensity = (np.array(columns[name], float) for name in ("click", "propensity"))
    return _with_policy(item, place, click, propensity, items=34, places=3, seed=1)


def drawn_singles(seed: int, n: int = 2000, items: int = 12, places: int = 4) -> Singles:
    """A log of a policy that leans to other items than the new one, with rewards that are no whole numbers."""
    rng = np.random.default_rng(seed)
    serving = np.exp(2 * rng.random((items, places)))
    serving /= serving.sum(axis=0)
    place = (rng.random(n) * places).astype(int)
    item = (rng.random(n)[:, None] > np.cumsum(serving, axis=0).T[place]).sum(axis=1)
    reward = (rng.random(n) < 0.3) * rng.random(n) * (1 + item / items)
    return _with_policy(item, place, reward, serving[item, place], items, places, seed + 1)


def _with_policy(item, place, reward, logged, items, places, seed) -> Singles:
    rng = np.random.default_rng(seed)
    mood = 1 + np.arange(len(item))[:, None, None] % 7 / 7
    policy = np.exp(1.5 * mood * rng.random((items, places)))
    policy /= policy.sum(axis=1, keepdims=True)
    return Singles(item, place, reward, logged, policy, 0.02 * mood * rng.random((items, places)))


@dataclass(frozen=True)
class Slates:
    """Lists of k of m items, drawn by Plackett and Luce, and what another such policy would have done.

    Chances, marginals and rewards are n × k; the model's Q and the new policy's distribution n × k × m.
    """

    items: np.ndarray
    reward: np.ndarray
    logged: np.ndarray
    chances: np.ndarray
    logged_marginal: np.ndarray
    marginal: np.ndarray
    model: np.ndarray
    policy: np.ndarray

    def shown(self) -> np.ndarray:
        """Q of what was shown; n × k."""
        return np.take_along_axis(self.model, self.items[:, :, None], axis=2)[:, :, 0]

    def expected(self) -> np.ndarray:
        """The mean of Q under the policy; n × k."""
        return (self.model * self.policy).sum(axis=2)


def drawn_slates(seed: int, n: int = 800, m: int = 6, k: int = 3) -> Slates:
    """Lists, with rewards that also hang on the item above."""
    rng = np.random.default_rng(seed)
    serving, new = np.exp(1.5 * rng.random(m)), np.exp(1.5 * rng.random(m))
    keys = np.log(np.maximum(rng.random((n, m)), 1e-300)) / serving
    items = np.argsort(-keys, axis=1)[:, :k]
    worth = 0.5 * rng.random(m)
    above = np.column_stack([np.zeros(n, int), items[:, :-1]])
    reward = (rng.random((n, k)) < worth[items] * (0.5 + 0.5 * worth[above])) * 1.0
    policy = _left(new, items)
    return Slates(
        items,
        reward,
        np.take_along_axis(_left(serving, items), items[:, :, None], axis=2)[:, :, 0],
        np.take_along_axis(policy, items[:, :, None], axis=2)[:, :, 0],
        _marginals(serving, k)[items, np.arange(k)],
        _marginals(new, k)[items, np.arange(k)],
        rng.random((n, k, m)) * 0.5,
        policy,
    )


def _left(weights: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The chances of every item at each place, given those above."""
    made = np.empty((*items.shape, len(weights)))
    left = np.tile(weights, (len(items), 1))
    for place in range(items.shape[1]):
        made[:, place] = left / left.sum(axis=1, keepdims=True)
        left[np.arange(len(items)), items[:, place]] = 0
    return made


def _marginals(weights: np.ndarray, k: int) -> np.ndarray:
    """P(item at place), items × places, over all lists."""
    made = np.zeros((len(weights), k))
    for order in permutations(range(len(weights)), k):
        chance, left = 1.0, weights.sum()
        for item in order:
            chance *= weights[item] / left
            left -= weights[item]
        made[order, range(k)] += chance
    return made
