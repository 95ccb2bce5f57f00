"""Simulated launches: is a worse recipe ever let go live by itself, and one a tenth better within the month.

    python -m benchmarks.truth.launches [--worlds 200] [--journal FILE [--minutes 8]]

What is real: the gate's rule, its paired bootstraps and its thresholds (`cobi.actions.gate.rule`), asked every night
about the last seven days. What is simulated: the students' figures. No model is trained here. Each day some students
want a few offers; the live model has each of them among its first ten with a chance that is the student's own, and
the candidate has the same luck for most of them and luck of its own, better or worse on average by the planted lift,
for the others. Each of these students is answered once that day: what the log says of the answer is drawn with the
planted lift of reveals and as much noise as weighing makes. In the last two cases the candidate foretells a tenth
better and its lists bring less.

With a journal it can be run in parts: what is in it is not run again, and all that is in it is summed up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.rule import Evidence, Logged, judge, rounded
from cobi.analytics.intervals import wilson
from cobi.analytics.offpolicy.overlap import overlap
from cobi.analytics.paired import SCALE, in_steps
from cobi.analytics.ranking_metrics import Found, ndcg
from cobi.domain.model_state import Verdict

STUDENTS, ACTIVE, WANTED = 2500, 0.15, 1.5
NIGHTS, PERIOD = 30, 7
HIT, SAME = 0.25, 0.6
MISSED = 1000
REVEALS, NOISE, SPREAD = 0.3, 0.6, 0.5
"""Codes revealed per answer; the standard deviation of an answer's difference by the log; of its weight's logarithm."""

LIFTS = ((0.10, 0.10), (-0.10, -0.10), (-0.03, -0.03), (0.0, 0.0), (0.10, -0.20), (0.10, -0.10))
"""Planted: of what is foretold, and of what lists bring."""


AT_ONCE = 16
SURELY = 3
"""Standard errors."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One launch: what is planted of what is foretold, and of what lists bring; `seed` tells the worlds apart."""

    lift: float
    caused: float
    seed: int


@dataclass(frozen=True)
class Days:
    """A month: of what was wanted the day, the student and the rank each model gave it; of answers the day, the student
    and what the log says.
    """

    day: Ints
    student: Ints
    live: Ints
    candidate: Ints
    answer_day: Ints
    answer_student: Ints
    said: tuple[Floats, Floats, Floats, Floats]


def days(case: Case, luck: np.random.Generator) -> Days:
    """A month of a campus."""
    answer_day, answer_student = np.nonzero(luck.random((NIGHTS, STUDENTS)) < ACTIVE)
    many = 1 + luck.poisson(WANTED, len(answer_day))
    day, student = np.repeat(answer_day, many), np.repeat(answer_student, many)
    chance = luck.beta(2, 2 / HIT - 2, STUDENTS)[student]
    live = ranks(chance, luck)
    # Of what does not come alike, the candidate hits so much more often that the whole is `lift` better.
    own = ranks(chance * (1 + case.lift / (1 - SAME)), luck)
    candidate = np.where(luck.random(len(day)) < SAME, live, own)
    says = said(len(answer_day), case.caused, luck)
    return Days(day, student, live, candidate, answer_day, answer_student, says)


def said(answers: int, caused: float, luck: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """What the log says of so many answers: the reveals of candidate and live model, then their weights."""
    live = luck.gamma(0.5, 2 * REVEALS, answers)
    candidate = live * (1 + caused) + luck.normal(0, NOISE, answers)
    weights = luck.lognormal(-(SPREAD**2) / 2, SPREAD, (2, answers))
    return candidate, live, weights[0], weights[1]


def ranks(chance: Floats, luck: np.random.Generator) -> Ints:
    """Among the first ten with that chance, anywhere there."""
    hit = luck.random(len(chance)) < chance
    return np.where(hit, luck.integers(1, 11, len(chance)), MISSED)


def evidence(month: Days, night: int, seed: int) -> Evidence:
    """What the gate has after that night of the week before it."""
    chosen = _week(month.day, night)
    students, owner = np.unique(month.student[chosen], return_inverse=True)
    candidate, live = (
        in_steps(ndcg(Found(ranked[chosen], owner, len(students)), 10))
        for ranked in (month.candidate, month.live)
    )
    answered = _week(month.answer_day, night)
    of = month.answer_student[answered]
    # Every answer wants something, so that the students are the same.
    many = np.bincount(of, minlength=STUDENTS)[students]
    means = [np.bincount(of, each[answered], STUDENTS)[students] / many for each in month.said]
    log = Logged(rounded(means[0]), rounded(means[1]), in_steps(means[2]), in_steps(means[3]))
    return Evidence(candidate, live, 0.5, 0.5, seed, log)


def _week(day: Ints, night: int) -> NDArray[np.bool_]:
    return (day > night - PERIOD) & (day <= night)


def hopeless(shown: Evidence) -> bool:
    """Whether drawing can be spared, as the candidate cannot be promoted.

    Where it is ahead by less than a standard error, or behind, about every sixth resample lies below 0 or more of
    them, and to be promoted it may be one in two hundred. Where the log puts it behind by three standard errors, the
    log objects: it would not if one resample in twenty lay at 0 or above, which one in a thousand does.
    """
    if _errors(shown.candidate, shown.live) < 1:
        return True
    log = shown.logged
    return log is not None and _errors(log.candidate, log.live) < -SURELY and not _cautious(log)


def _errors(one: Ints, other: Ints) -> float:
    """By how many standard errors the mean of one is above the other's."""
    ahead = (one - other) / SCALE
    return float(ahead.mean() / (ahead.std() / len(ahead) ** 0.5))


def _cautious(log: Logged) -> bool:
    """Whether the log is not acted on."""
    students = np.arange(len(log.live))
    return any(overlap(each / SCALE, students).cautions for each in (log.weight_candidate, log.weight_live))


def launch(case: Case) -> int | None:
    """The first night the gate said promote; None where it never did."""
    planted = (round(1000 * (1 + each)) for each in (case.lift, case.caused))
    month = days(case, np.random.default_rng([case.seed, *planted]))
    asked_though_hopeless = False
    for night in range(PERIOD - 1, NIGHTS):
        shown = evidence(month, night, case.seed)
        if passed_over := hopeless(shown):
            if asked_though_hopeless:
                continue
            asked_though_hopeless = True
        if judge(shown, "ndcg@10").verdict is Verdict.PROMOTE:
            if passed_over:
                raise AssertionError(f"{case}: night {night} would have been passed over")
            return night
    return None


def play(cases: Iterable[Case], journal: Path | None, until: float) -> dict[Case, int | None]:
    """Of each case the night it was promoted; what the journal has is not played, what is played goes into it."""
    found = {} if journal is None or not journal.exists() else dict(_read(journal))
    missing = (case for case in cases if case not in found)
    with ProcessPoolExecutor() as pool:
        while time.perf_counter() < until and (some := list(islice(missing, AT_ONCE))):
            played = dict(zip(some, pool.map(launch, some), strict=True))
            found |= played
            if journal is not None:
                with journal.open("a") as lines:
                    lines.writelines(
                        f"{json.dumps([*astuple(case), night])}\n" for case, night in played.items()
                    )
    return found


def _read(journal: Path) -> Iterable[tuple[Case, int | None]]:
    for line in journal.read_text().splitlines():
        lift, caused, seed, night = json.loads(line)
        yield Case(lift, caused, seed), night


def run(worlds: int, seed: int, journal: Path | None = None, minutes: float = float("inf")) -> None:
    """Print a line for each planted lift."""
    print(f"{worlds} launches each, {STUDENTS:,} students, asked nightly in a month of {NIGHTS} days")
    cases = [Case(lift, caused, one) for lift, caused in LIFTS for one in range(seed, seed + worlds)]
    found = play(cases, journal, time.perf_counter() + 60 * minutes)
    for lift, caused in LIFTS:
        nights = [night for case, night in found.items() if (case.lift, case.caused) == (lift, caused)]
        promoted = [night for night in nights if night is not None]
        low, high = wilson(len(promoted), len(nights))
        median = f", median night {int(np.median(promoted)) + 1}" if promoted else ""
        print(
            f"planted {lift:+.0%} foretold, {caused:+.0%} caused: "
            f"promoted in {len(promoted)} of {len(nights)} ({low:.1%} to {high:.1%}){median}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth.launches", description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after these")
    given = parser.parse_args(arguments)
    run(given.worlds, given.seed, given.journal, given.minutes)


if __name__ == "__main__":
    main()
