"""Simulated worlds in which a policy is judged from another one's log, and its true worth is known.

Students of different tastes come several times and read a list downwards, sometimes stopping after a reveal. The log's
policy and the new one draw lists by Plackett and Luce from different guesses at taste.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.analytics.offpolicy import slates
from cobi.analytics.offpolicy.overlap import overlap
from cobi.analytics.ratios import Ratios

STUDENTS, ITEMS, PLACES = 1500, 20, 5
TRUTH_STUDENTS = 20_000


@dataclass(frozen=True)
class World:
    """How well the guesses of both policies fit, and how sharply they choose."""

    seed: int

    def visits(self, students: int, stream: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Owners, chances of a reveal if looked at, and the logits of both policies, for each visit."""
        own = np.random.default_rng([self.seed, 0])
        quality, fit_old, fit_new = own.normal(0, 0.5, ITEMS), *own.uniform(0.2, 1.0, 2)
        rng = np.random.default_rng([self.seed, stream])
        owner = np.repeat(np.arange(students), 1 + rng.geometric(0.6, students))
        taste = rng.normal(0, 0.8, (students, ITEMS))[owner]
        worth = 1 / (1 + np.exp(2.5 - quality - taste))
        old, new = (fit * (quality + taste) + rng.normal(0, 0.5, taste.shape) for fit in (fit_old, fit_new))
        return owner, worth, old, new


def lists(rng: np.random.Generator, logits: np.ndarray) -> np.ndarray:
    """Drawn by Plackett and Luce; visits × places."""
    return np.argsort(-(logits + rng.gumbel(size=logits.shape)), axis=1)[:, :PLACES]


def left(logits: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The chances of every item in each place, given those above; visits × places × items."""
    weight, made = np.exp(logits), np.empty((*items.shape, ITEMS))
    rows = np.arange(len(items))
    for place in range(PLACES):
        made[:, place] = weight / weight.sum(axis=1, keepdims=True)
        weight[rows, items[:, place]] = 0
    return made


def reveals(rng: np.random.Generator, worth: np.ndarray) -> np.ndarray:
    """What came of lists, given each shown item's chance; who reveals stops half of the time."""
    looks, made = np.ones(len(worth), np.bool_), np.zeros(worth.shape)
    for place in range(PLACES):
        made[:, place] = looks & (rng.random(len(worth)) < worth[:, place])
        looks &= rng.random(len(worth)) < 0.85 * (1 - 0.5 * made[:, place])
    return made


def true_value(world: World) -> float:
    """The new policy's expected reveals for each visit, over fresh students."""
    _, worth, _, new = world.visits(TRUTH_STUDENTS, 9)
    shown = np.take_along_axis(worth, lists(np.random.default_rng([world.seed, 10]), new), axis=1)
    looks, total = np.ones(len(shown)), np.zeros(len(shown))
    for place in range(PLACES):
        total += looks * shown[:, place]
        looks *= 0.85 * (1 - 0.5 * shown[:, place])
    return float(total.mean())


def model(reward: np.ndarray, owner: np.ndarray, features: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Q for every item in each place: a line through both guesses, learned from the other half of the students."""
    q = np.empty((*items.shape, ITEMS))
    below = np.cumsum(reward[:, ::-1], axis=1)[:, ::-1]
    for fold in (0, 1):
        learn, told = owner % 2 != fold, owner % 2 == fold
        for place in range(PLACES):
            x = features[np.flatnonzero(learn), items[learn, place]]
            weights = np.linalg.lstsq(x, below[learn, place], rcond=None)[0]
            q[told, place] = features[told] @ weights
    return q


def judged(seed: int) -> dict[str, tuple[float, ...]]:
    """Of each estimator the error and both bounds' distance from the truth."""
    world, rng = World(seed), np.random.default_rng([seed, 2])
    owner, worth, old, new = world.visits(STUDENTS, 1)
    items = lists(rng, old)
    reward = reveals(rng, np.take_along_axis(worth, items, axis=1))
    policy = left(new, items)
    at = items[:, :, None]
    chances, logged = (np.take_along_axis(x, at, axis=2)[:, :, 0] for x in (policy, left(old, items)))
    q = model(reward, owner, np.stack([np.ones_like(old), old, new], axis=2), items)
    shown, expected = np.take_along_axis(q, at, axis=2)[:, :, 0], (q * policy).sum(axis=2)
    # The naive replay: what was revealed of what the new policy would have put in front as well.
    would = np.argsort(-new, axis=1)[:, None, :PLACES]
    robust = slates.cascade_doubly_robust(reward, chances, logged, shown, expected)
    truth = true_value(world)
    estimates = {
        "cascade doubly robust": robust,
        "direct": slates.direct(expected),
        "cascade (RIPS)": slates.cascade(reward, chances, logged),
        "cascade, self-normalised": slates.self_normalised_cascade(reward, chances, logged),
        "standard (IPS)": slates.standard(reward, chances, logged),
        "naive replay": Ratios.of_mean((reward * (at == would).any(axis=2)).sum(axis=1)),
    }
    by_student = {name: one.of_owners(owner) for name, one in estimates.items()}
    found: dict[str, tuple[float, ...]] = {
        name: (one.value - truth, *(bound - truth for bound in one.normal_interval()))
        for name, one in by_student.items()
    }
    low, high = by_student["cascade doubly robust"].bootstrap_interval(seed, draws=500)
    found["… its bootstrap-t interval"] = (robust.value - truth, low - truth, high - truth)
    share = reward.sum(axis=0) / reward.sum()
    told = overlap(slates.prefix_weights(chances, logged) @ share, owner)
    found["_"] = (told.effective / told.students, float(bool(told.cautions)), truth)
    return found


def run(worlds: int, seed: int) -> None:
    """Print the table."""
    found = [judged(seed * 1_000_003 + i) for i in range(worlds)]
    share, cautioned, truth = np.mean([one["_"] for one in found], axis=0)
    print(
        f"\n{worlds} worlds, {STUDENTS} students, {PLACES} of {ITEMS} items; "
        f"the new policy's true worth {truth:.3f} on average"
    )
    print(f"effective students {share:.0%} on average; {cautioned:.0%} of the worlds cautioned of")
    print(f"  {'':30}{'covers':>10}{'bias':>10}{'RMSE':>10}{'half width':>12}")
    for name in found[0]:
        if name != "_":
            error, low, high = np.array([one[name] for one in found]).T
            held, rmse = np.mean((low <= 0) & (high >= 0)), np.sqrt(np.mean(error**2))
            print(
                f"  {name:30}{held:>10.1%}{error.mean():>+10.4f}{rmse:>10.4f}{np.mean(high - low) / 2:>12.4f}"
            )
