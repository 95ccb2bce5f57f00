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
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from cobi.actions.gate.rule import Evidence, Logged, asked_of, judge, rounded
from cobi.analytics.intervals import wilson
from cobi.analytics.offpolicy.overlap import overlap
from cobi.analytics.paired import SCALE, in_steps, lead
from cobi.analytics.ranking_metrics import Found, ndcg
from cobi.analytics.spending import Look
from cobi.domain.model_state import Verdict
from cobi.domain.moments import DAY

STUDENTS, ACTIVE, WANTED = 2500, 0.15, 1.5
NIGHTS, PERIOD = 30, 7
HIT, SAME = 0.25, 0.6
MISSED = 1000
REVEALS, NOISE, SPREAD = 0.3, 0.6, 0.5
"""Codes revealed per answer; the standard deviation of an answer's difference by the log; of its weight's logarithm."""

LIFTS = (
    (0.10, 0.10),
    (0.05, 0.05),
    (-0.10, -0.10),
    (-0.03, -0.03),
    (0.0, 0.0),
    (0.10, -0.20),
    (0.10, -0.10),
)
"""Planted: of what is foretold, and of what lists bring."""


HARMS, WORLDS_FOR_LEADS = (0.0, 0.03, 0.10), 100
AT_ONCE = 16
MANY = np.zeros(1500, np.int64)
"""About as many students as come in a week."""

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
    return Evidence(candidate, live, 0.5, 0.5, seed, log, look(night))


def _week(day: Ints, night: int) -> NDArray[np.bool_]:
    return (day > night - PERIOD) & (day <= night)


def hopeless(shown: Evidence) -> bool:
    """Whether drawing can be spared: it is not ahead enough for this night, or the log rather speaks against it."""
    log, asked = shown.logged, asked_of(shown)
    if asked is not None and lead(shown.candidate, shown.live) < asked:
        return True
    return log is not None and log.candidate.sum() < log.live.sum() and not _cautious(log)


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


def look(night: int) -> Look:
    """Asked every night since a week lies behind the live model."""
    before = night if night >= PERIOD else 0
    return Look(night - PERIOD + 2, (night + 1) * DAY, before * DAY)


def at_most(behind: float) -> float:
    """How probably a candidate is promoted that is so many standard errors behind, by theory, each night's added up.

    Behind 0 it is the error that the rule may spend in the month.
    """
    normal = NormalDist()
    asked = [
        asked_of(Evidence(MANY, MANY, 0.5, 0.5, 0, None, look(night))) for night in range(PERIOD - 1, NIGHTS)
    ]
    return sum(1 - normal.cdf(each + behind) for each in asked if each is not None)


def first_lead(lift: float, seed: int) -> float:
    """By how many standard errors a candidate is ahead on its first night."""
    month = days(Case(lift, lift, seed), np.random.default_rng([seed, round(1000 * lift) + 1000]))
    shown = evidence(month, PERIOD - 1, seed)
    return lead(shown.candidate, shown.live)


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
    for harm in HARMS:
        behind = -float(np.mean([first_lead(-harm, one) for one in range(seed, seed + WORLDS_FOR_LEADS)]))
        bound = at_most(max(behind, 0.0))
        print(
            f"worse by {harm:.0%}: {behind:.2f} standard errors behind, promoted in at most {bound:.2g} by theory"
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
