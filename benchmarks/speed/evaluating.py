"""An evaluation on made-up marketplaces: how long each of its steps takes, and how much memory.

`python -m benchmarks.speed.evaluating [SHAPE …] [--users N]`; the model is learned without tuning, because
`benchmarks.speed.training` measures that. Reading the records from the database is another matter.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.speed.marketplaces import SHAPES, make
from benchmarks.speed.training import peak
from cobi.actions.evaluating.contestants import (
    COBI,
    ONE_HOP,
    POPULARITY,
    by_one_hop,
    by_popularity,
    newly_learned,
)
from cobi.actions.evaluating.evaluate import mark
from cobi.actions.evaluating.examination import Past, set_exam
from cobi.actions.evaluating.report import report
from cobi.actions.learning.train import Lessons
from cobi.actions.recommending.candidates import Candidates
from cobi.domain.evaluation import Plan, Split, Way
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.store.catalogue import ALWAYS, EVERY_DAY

WEIGHTS = {"hop": 1.0, "kinship": 0.3, "popularity": 0.1}
"""A blend of ways that are soon learned; a student's answer costs as much with any."""


class Steps:
    """Prints what each step took."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __call__(self, done: str, students: int = 0) -> None:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        each = f", {1000 * cpu / students:.2f} ms processor a student" if students else ""
        print(f"  {done:34}{wall:8.1f} s wall{cpu:8.1f} s processor, peak {peak():.2f} GB{each}", flush=True)
        self._wall, self._cpu = time.perf_counter(), time.process_time()


def measure(name: str, users: int | None) -> None:
    """Evaluate once in this process, a line for each step."""
    place = make(SHAPES[name])
    lessons = Lessons(place.catalogue, place.events, place.students)
    past = Past(lessons, _always(SHAPES[name].items), np.zeros(place.students.size, np.int64))
    plan = Plan((10,), Split(Way.TIME, 0.1), users=users)
    steps = Steps()
    exam = set_exam(past, plan, ZoneInfo("UTC"))
    tested = len(exam.holdout)
    print(f"{name}: {len(place.events):,} interactions, {tested:,} students tested")
    steps("holding back")
    popular, hop = by_popularity(exam), by_one_hop(exam, lessons)
    steps("popularity and one hop")
    cobi = newly_learned(exam, lessons, Settings(tune=False, weights=WEIGHTS), 0, silent)
    steps("training without tuning")
    marks = {}
    for title, method in ((POPULARITY, popular), (ONE_HOP, hop), (COBI, cobi)):
        offered, found = mark(exam, {title: method}, plan, silent)
        marks |= found
        steps(f"ranking by {title}", tested)
    report(exam, offered, marks, plan, None)
    steps("figures and intervals", tested)


def _always(offers: int) -> Candidates:
    return Candidates(
        np.full(offers, ALWAYS.min),
        np.full(offers, ALWAYS.max),
        np.zeros(offers, np.int64),
        np.full(offers, ALWAYS.min),
        np.full(offers, ALWAYS.max),
        np.full(offers, EVERY_DAY, np.uint8),
    )


def main(given: Sequence[str] | None = None) -> None:
    """Run each shape in a process of its own, so that peaks do not mix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", choices=[*SHAPES, []], default=["dense", "sparse"])
    parser.add_argument("--users", type=int, default=None, help="test only so many")
    parser.add_argument("--here", action="store_true", help="in this very process")
    arguments = parser.parse_args(given)
    for name in arguments.shapes:
        if arguments.here:
            measure(name, arguments.users)
            continue
        users = [] if arguments.users is None else [f"--users={arguments.users}"]
        command = [sys.executable, "-m", "benchmarks.speed.evaluating", name, "--here", *users]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
