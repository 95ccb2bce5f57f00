"""Those who are compared: each scores the ranked items for some of the tested students."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.actions.evaluating.examination import Exam
from cobi.actions.learning.train import Lessons
from cobi.recommenders.baselines import one_hop, popularity
from cobi.recommenders.blend import fit, refit
from cobi.recommenders.dataset import Catalogue, Events, Students
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress
from cobi.recommenders.settings import Settings

Contestant = Callable[[slice], NDArray[np.float64]]
"""Scores of some of the tested students, students × ranked items."""

POPULARITY, ONE_HOP, COBI, LIVE = "popularity", "one-hop", "cobi", "live"


def by_popularity(exam: Exam) -> Contestant:
    """The same scores for all."""
    counts = popularity(exam.training.events, exam.items)

    def scores(chosen: slice) -> NDArray[np.float64]:
        return np.tile(counts, (len(exam.holdout.students[chosen]), 1))

    return scores


def by_one_hop(exam: Exam, lessons: Lessons) -> Contestant:
    """Cosine neighbours."""
    hop = one_hop(exam.training.events, lessons.students.size, lessons.catalogue.size, exam.items)
    return lambda chosen: hop.scores(exam.holdout.students[chosen])


@dataclass(frozen=True)
class ByModel:
    """A model over today's catalogue, told of each student what may be known of them before the test."""

    model: Model
    exam: Exam
    lessons: Lessons

    def __call__(self, chosen: slice) -> NDArray[np.float64]:
        """Score them one by one, as for an answer."""
        students, moments = self.exam.holdout.students[chosen], self.exam.moments[chosen]
        return np.stack([self._of(*one) for one in zip(students.tolist(), moments.tolist(), strict=True)])

    def _of(self, student: int, moment: int) -> NDArray[np.float64]:
        past = self.exam.training.of(student)
        traits = {trait: int(codes[student]) for trait, codes in self.lessons.students.traits.items()}
        x = self.model.signals(past.item, past.kind, past.time, moment, traits)
        return self.model.score(x)[self.exam.items]


def newly_learned(
    exam: Exam,
    lessons: Lessons,
    settings: Settings,
    seed: int,
    progress: Progress,
    until: int | None = None,
) -> ByModel:
    """A model learned from nothing but the training part (before a moment, where one is given).

    Its catalogue is that of the cut.
    """
    then = _then(exam, lessons, until)
    model = fit(*then, settings, seed, progress)
    return ByModel(model.adopt(lessons.catalogue), exam, lessons)


def learned_as(exam: Exam, lessons: Lessons, before: Model, progress: Progress, until: int) -> ByModel:
    """The same, tuned as a model is instead of anew."""
    model = refit(before, *_then(exam, lessons, until), progress)
    return ByModel(model.adopt(lessons.catalogue), exam, lessons)


def _then(exam: Exam, lessons: Lessons, until: int | None) -> tuple[Catalogue, Events, Students, int]:
    """The catalogue of the cut, what was done before a moment, the students, and that moment."""
    catalogue, events = lessons.catalogue, exam.training.events
    if until is not None:
        events = events.where(events.time < until)
    known = np.ones(catalogue.size, np.bool_)
    if exam.setting.cut is not None:
        known[exam.items] = exam.candidates.born < exam.setting.cut
    row = np.cumsum(known) - 1
    then = replace(events, item=row[events.item])
    return catalogue.only(known), then, lessons.students, until or exam.now
