"""Simulated launches: is a worse recipe ever let go live by itself, and one a tenth better within the month.

    python -m benchmarks.truth.launches [--worlds 200]

What is real: the gate's rule, its paired bootstraps and its thresholds (`cobi.actions.gate.rule`), asked every night
about the last seven days. What is simulated: the students' figures. No model is trained here. Each day some students
want a few offers; the live model has each of them among its first ten with a chance that is the student's own, and
the candidate has the same luck for most of them and luck of its own, better or worse on average by the planted lift,
for the others. What the log of answers says of each student is drawn with the planted lift of reveals and as much noise
as weighing makes. In the last case the candidate foretells a tenth better and its lists bring a fifth less.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.rule import Evidence, Logged, judge, rounded
from cobi.analytics.intervals import wilson
from cobi.analytics.paired import in_steps
from cobi.analytics.ranking_metrics import Found, ndcg
from cobi.domain.model_state import Verdict

STUDENTS, ACTIVE, WANTED = 2500, 0.15, 1.5
NIGHTS, PERIOD = 30, 7
HIT, SAME = 0.25, 0.6
MISSED = 1000
REVEALS, NOISE = 0.3, 0.5
"""Codes revealed per answer, and the standard deviation of a student's difference by the log."""

LIFTS = ((0.10, 0.10), (-0.10, -0.10), (-0.03, -0.03), (0.0, 0.0), (0.10, -0.20))
"""Planted: of what is foretold, and of what lists bring."""


@dataclass(frozen=True)
class Days:
    """What was wanted, one row for each: the day, the student, and the rank each model gave it."""

    day: NDArray[np.int64]
    student: NDArray[np.int64]
    live: NDArray[np.int64]
    candidate: NDArray[np.int64]


def days(lift: float, luck: np.random.Generator) -> Days:
    """A month of a campus."""
    active = luck.random((NIGHTS, STUDENTS)) < ACTIVE
    day, student = np.nonzero(active)
    many = 1 + luck.poisson(WANTED, len(day))
    day, student = np.repeat(day, many), np.repeat(student, many)
    chance = luck.beta(2, 2 / HIT - 2, STUDENTS)[student]
    live = ranks(chance, luck)
    # Of what does not come alike, the candidate hits so much more often that the whole is `lift` better.
    own = ranks(chance * (1 + lift / (1 - SAME)), luck)
    return Days(day, student, live, np.where(luck.random(len(day)) < SAME, live, own))


def ranks(chance: NDArray[np.float64], luck: np.random.Generator) -> NDArray[np.int64]:
    """Among the first ten with that chance, anywhere there."""
    hit = luck.random(len(chance)) < chance
    return np.where(hit, luck.integers(1, 11, len(chance)), MISSED)


def logged(students: int, caused: float, luck: np.random.Generator) -> Logged:
    """What the log of answers says of so many students."""
    live = luck.gamma(0.5, 2 * REVEALS, students)
    candidate = live * (1 + caused) + luck.normal(0, NOISE, students)
    weights = [luck.lognormal(-0.125, 0.5, students) for _ in range(2)]
    return Logged(rounded(candidate), rounded(live), *map(in_steps, weights))


def ask(all_days: Days, night: int, seed: int, caused: float) -> Verdict:
    """What the gate says after that night of the week before it."""
    chosen = (all_days.day > night - PERIOD) & (all_days.day <= night)
    students, owner = np.unique(all_days.student[chosen], return_inverse=True)
    candidate, live = (
        in_steps(ndcg(Found(ranked[chosen], owner, len(students)), 10))
        for ranked in (all_days.candidate, all_days.live)
    )
    log = logged(len(students), caused, np.random.default_rng([seed, night, 5]))
    return judge(Evidence(candidate, live, 0.5, 0.5, seed, log), "ndcg@10").verdict


def launch(lift: float, caused: float, seed: int) -> int | None:
    """The first night the gate said promote; None where it never did."""
    month = days(lift, np.random.default_rng([seed, round(1000 * (lift + 1))]))
    nights = range(PERIOD - 1, NIGHTS)
    return next((night for night in nights if ask(month, night, seed, caused) is Verdict.PROMOTE), None)


def run(worlds: int, seed: int) -> None:
    """Print a line for each planted lift."""
    print(f"{worlds} launches each, {STUDENTS:,} students, asked nightly in a month of {NIGHTS} days")
    for lift, caused in LIFTS:
        began, seeds = time.perf_counter(), range(seed, seed + worlds)
        with ProcessPoolExecutor() as pool:
            found = list(pool.map(launch, *zip(*((lift, caused, one) for one in seeds), strict=True)))
        promoted = [night for night in found if night is not None]
        low, high = wilson(len(promoted), worlds)
        median = f", median night {int(np.median(promoted)) + 1}" if promoted else ""
        print(
            f"planted {lift:+.0%} foretold, {caused:+.0%} caused: "
            f"promoted in {len(promoted)} of {worlds} ({low:.1%} to {high:.1%}){median}; "
            f"{time.perf_counter() - began:.0f} s",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth.launches", description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    run(given.worlds, given.seed)


if __name__ == "__main__":
    main()
