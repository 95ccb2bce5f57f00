"""How well students' held-back interactions are foretold: by popularity, by one hop, by Cobi, by the live model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cobi.actions.evaluating.contestants import (
    COBI,
    LIVE,
    ONE_HOP,
    POPULARITY,
    ByModel,
    Contestant,
    by_one_hop,
    by_popularity,
    newly_learned,
)
from cobi.actions.evaluating.examination import Exam, Past, set_exam
from cobi.actions.evaluating.report import Covered, Marks, Offered, report
from cobi.actions.learning.train import gather
from cobi.actions.ranking.shelf import load_model
from cobi.actions.recommending.candidates import read_candidates, read_regions
from cobi.analytics.list_metrics import Shown, coverage, coverage_lost, novelty
from cobi.analytics.ranking_metrics import Found
from cobi.analytics.ranks import Rankings
from cobi.domain.evaluation import Plan
from cobi.domain.interaction import ItemType
from cobi.domain.moments import format_moment
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress, within
from cobi.recommenders.settings import Settings
from cobi.store import models
from cobi.store.database import Connection

CELLS_AT_ONCE = 2_000_000
"""Students × items that are ranked at a time: some 100 MB with all that is held beside them."""


@dataclass(frozen=True)
class Live:
    """The live model, over today's catalogue."""

    version: int
    model: Model


@dataclass(frozen=True)
class Material:
    """All that an evaluation reads, read in one go."""

    past: Past
    live: Live | None


def read_material(connection: Connection, item_type: ItemType, now: int) -> Material:
    """Read the events, the catalogue with its past, and the live model."""
    lessons, version = gather(connection, now), models.live_version(connection)
    live = None
    if version is not None:
        model = load_model(connection, version)
        live = None if model is None else Live(version, model.adopt(lessons.catalogue))
    past = Past(lessons, read_candidates(connection, item_type), read_regions(connection))
    return Material(past, live)


def evaluate(
    material: Material, plan: Plan, zone: ZoneInfo, settings: Settings, progress: Progress
) -> dict[str, Any]:
    """Hold back, learn from the rest, rank all there was for each student; the figures as JSON.

    Raises Conflict where nobody can be tested.
    """
    lessons = material.past.lessons
    progress(0.0, "holding back")
    exam = set_exam(material.past, plan, zone)
    contestants = {
        POPULARITY: by_popularity(exam),
        ONE_HOP: by_one_hop(exam, lessons),
        COBI: newly_learned(exam, lessons, settings, plan.seed, within(progress, 0.0, 0.5)),
    }
    verdict = _live_verdict(material.live, exam)
    if material.live is not None and verdict is not None and verdict["compared"]:
        contestants[LIVE] = ByModel(material.live.model, exam, lessons)
    offered, marks = mark(exam, contestants, plan, within(progress, 0.5, 1.0))
    progress(1.0, "done")
    return report(exam, offered, marks, plan, verdict)


def mark(
    exam: Exam, contestants: Mapping[str, Contestant], plan: Plan, progress: Progress
) -> tuple[Offered, dict[str, Marks]]:
    """Rank all candidates for every tested student by every contestant, some students at a time."""
    size, width = len(exam.holdout), len(exam.candidates)
    luck = np.random.default_rng(plan.seed)
    sheets = {name: _Sheet(exam, plan) for name in contestants}
    offered, cells = np.zeros(width, np.bool_), 0
    step = max(1, CELLS_AT_ONCE // max(width, 1))
    for first in range(0, size, step):
        chosen = slice(first, min(first + step, size))
        allowed = exam.allowed(chosen)
        offered |= allowed.any(axis=0)
        cells += int(allowed.sum())
        drawn = luck.random(allowed.shape)
        for name, scores in contestants.items():
            sheets[name].fill(chosen, Rankings(scores(chosen), allowed, drawn))
        # A log gets a line for each message: one for each tenth, not one for each step.
        done = chosen.stop * 10 // size
        progress(chosen.stop / size, f"ranked for {done * size // 10:,} of {size:,} students")
    marks = {name: sheet.marks(offered) for name, sheet in sheets.items()}
    return Offered(int(offered.sum()), cells / size), marks


class _Sheet:
    """One contestant's marks, as they come."""

    def __init__(self, exam: Exam, plan: Plan) -> None:
        self._exam, self._lengths = exam, plan.lengths
        self._rank = np.zeros(len(exam.holdout.item), np.int64)
        self._shown = {k: Shown.nothing(len(exam.candidates), len(exam.holdout)) for k in plan.lengths}
        self._novelty = {k: np.zeros(len(exam.holdout)) for k in plan.lengths}

    def fill(self, chosen: slice, rankings: Rankings) -> None:
        """Mark some of the students."""
        holdout = self._exam.holdout
        first, last = np.searchsorted(holdout.owner, [chosen.start, chosen.stop])
        wanted = holdout.item[first:last] - self._exam.items.start
        self._rank[first:last] = rankings.ranks(holdout.owner[first:last] - chosen.start, wanted)
        tops = rankings.tops(max(self._lengths))
        for k in self._lengths:
            own = tops[:, :k]
            self._shown[k].add(own, chosen.start)
            self._novelty[k][chosen] = novelty(own, self._exam.known_to, self._exam.students)

    def marks(self, offered: NDArray[np.bool_]) -> Marks:
        """What came of it."""
        return Marks(
            Found(self._rank, self._exam.holdout.owner, len(self._exam.holdout)),
            {
                k: Covered(coverage(shown, offered), coverage_lost(shown, offered))
                for k, shown in self._shown.items()
            },
            self._novelty,
        )


def _live_verdict(live: Live | None, exam: Exam) -> dict[str, Any] | None:
    """Whether the live model can be compared: only if it learned from nothing the test asks for."""
    if live is None:
        return None
    window, begins = live.model.card["data_window"], exam.setting.begins
    if window is None or window[1] < begins:
        return {
            "version": live.version,
            "compared": True,
            "why": "it learned only from what came before the test",
        }
    why = (
        f"it learned from what happened until {format_moment(window[1])}, and the test begins at "
        f"{format_moment(begins)}: it has seen the answers"
    )
    return {"version": live.version, "compared": False, "why": why}
