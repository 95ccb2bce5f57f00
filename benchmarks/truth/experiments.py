"""Simulated experiments watched every day: false alarms without a difference, coverage and power with one.

Students differ widely (activity is gamma with shape 0.4), a student's days resemble each other (a mood that lasts
weeks), students come in when they first visit, and savings have heavy tails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.analytics.experiments.contrasts import contrast
from cobi.analytics.experiments.readings import Metric, Reading, read
from cobi.analytics.experiments.sequences import Sequence
from cobi.analytics.experiments.sums import Sums

DAYS, STUDENTS, VISITS = 28, 8000, 0.35
PLANNED = STUDENTS * DAYS // 2
METRICS = ("reveals per student", "reveals per student, CUPED", "reveals per visit", "savings per student")
LIFTED = METRICS[:3]


@dataclass(frozen=True)
class Play:
    """Students × days of visits, reveals and savings, and each student's reveals of four weeks before."""

    treated: np.ndarray
    visits: np.ndarray
    reveals: np.ndarray
    savings: np.ndarray
    before: np.ndarray


def play(rng: np.random.Generator, lift: float) -> Play:
    """One experiment; the treated reveal 1 + lift times as often, each of them."""
    activity = rng.gamma(0.4, VISITS / 0.4, (STUDENTS, 1))
    weeks = np.exp(np.cumsum(rng.normal(0, 0.35, (STUDENTS, 8)), axis=1) - 0.3)
    mood = np.repeat(weeks, 7, axis=1)
    visits = rng.poisson(activity * mood)
    keen = rng.beta(2, 5, (STUDENTS, 1))
    treated = rng.random(STUDENTS) < 0.5
    chance = keen * np.where(treated[:, None] & (np.arange(56) >= 28), 1 + lift, 1.0)
    reveals = rng.poisson(visits * chance)
    savings = reveals * rng.lognormal(1.0, 1.0, reveals.shape)
    return Play(treated, visits[:, 28:], reveals[:, 28:], savings[:, 28:], reveals[:, :28].sum(axis=1))


def watched(played: Play) -> dict[str, list[tuple[Reading, float]]]:
    """Every metric's reading on every day, and what an ordinary interval's deviation would be."""
    visits, reveals, savings = (
        np.cumsum(x, axis=1).astype(float) for x in (played.visits, played.reveals, played.savings)
    )
    found: dict[str, list[tuple[Reading, float]]] = {name: [] for name in METRICS}
    plan, student_days = Sequence(PLANNED), 0
    for day in range(DAYS):
        here = visits[:, day] > 0
        student_days += int(here.sum())
        arms = [here & played.treated, here & ~played.treated]
        y, v, s, x = reveals[:, day], visits[:, day], savings[:, day], played.before.astype(float)
        each = np.ones(STUDENTS)
        columns = {METRICS[0]: (y, each), METRICS[1]: (y, each, x), METRICS[2]: (y, v), METRICS[3]: (s, each)}
        for name, given in columns.items():
            treated, control = (Sums.of(*(column[arm] for column in given)) for arm in arms)
            told = read(Metric(name), treated, control, plan, student_days)
            plain = contrast(treated, control) if min(treated.count, control.count) > 1 else None
            deviation = (
                abs(plain.difference) / plain.difference_variance**0.5 if plain and plain.difference else 0.0
            )
            found[name].append((told, deviation if told.difference is not None else 0.0))
    return found


def alarm(told: Reading) -> bool:
    """Whether the interval leaves out 0."""
    low, high = told.difference_low, told.difference_high
    return low is not None and high is not None and not low <= 0 <= high


def run(worlds: int, seed: int) -> None:
    """Print the tables."""
    same = [watched(play(np.random.default_rng([seed, 1, i]), 0.0)) for i in range(worlds)]
    print(f"\n{worlds} experiments without a difference, watched on each of {DAYS} days")
    print(f"  {'':30}{'false alarms':>14}{'ordinary 95 %':>16}")
    for name in METRICS:
        alarms = np.mean([any(alarm(told) for told, _ in one[name]) for one in same])
        ordinary = np.mean([any(deviation > 1.96 for _, deviation in one[name]) for one in same])
        print(f"  {name:30}{alarms:>14.1%}{ordinary:>16.1%}")
    lifted = [watched(play(np.random.default_rng([seed, 2, i]), 0.1)) for i in range(worlds)]
    print(f"\n{worlds} experiments with a lift of 10 %")
    heads = ("covers daily", "at the end", "found", "median day", "half width", "variance off")
    print(f"  {'':30}" + "".join(f"{head:>14}" for head in heads))
    for name in LIFTED:
        print(_line(name, [[told for told, _ in one[name]] for one in lifted]))


def _line(name: str, readings: list[list[Reading]]) -> str:
    def holds(told: Reading) -> bool:
        low, high = told.lift_low, told.lift_high
        return low is None or high is None or low <= 0.1 <= high

    first = [next((day for day, told in enumerate(one, 1) if alarm(told)), DAYS + 1) for one in readings]
    ends = [one[-1] for one in readings]
    halves = [
        (told.lift_high - told.lift_low) / 2 for told in ends if told.lift_low is not None and told.lift_high
    ]
    return (
        f"  {name:30}{np.mean([all(map(holds, one)) for one in readings]):>14.1%}"
        f"{np.mean([holds(told) for told in ends]):>14.1%}{np.mean(np.array(first) <= DAYS):>14.1%}"
        f"{np.median(first):>14.0f}{np.mean(halves):>14.3f}"
        f"{np.mean([told.variance_reduction for told in ends]):>14.1%}"
    )
