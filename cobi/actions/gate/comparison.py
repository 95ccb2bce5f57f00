"""Setting candidate and live model the same task on a later period that neither has seen.

The period is the last week, or longer where few came. The candidate is learned again, by its recipe, from what lay
before. So is the live model, as old beside the candidate as it really is: from what lay before the period by as much
as the candidate learned longer. Only where the live model learned from nothing in the period is it judged as it
stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cobi.actions.evaluating.contestants import ByModel, learned_as, newly_learned
from cobi.actions.evaluating.evaluate import mark
from cobi.actions.evaluating.examination import Exam, Past, set_exam
from cobi.actions.evaluating.report import Marks
from cobi.actions.gate.bundle import digest_of, nameless, nameless_log
from cobi.actions.gate.log import MATURITY, Log, read_log, weigh
from cobi.actions.gate.rule import Evidence
from cobi.actions.gate.versions import RULE
from cobi.actions.learning.train import Lessons
from cobi.actions.ranking.shelf import load_model
from cobi.actions.recommending.candidates import read_candidates, read_regions
from cobi.analytics.paired import in_steps
from cobi.analytics.ranking_metrics import ndcg
from cobi.analytics.spending import Look
from cobi.domain.errors import Conflict
from cobi.domain.evaluation import Plan, Split, Way
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, format_moment
from cobi.recommenders.artifact import to_arrays
from cobi.recommenders.dataset import EventKind
from cobi.recommenders.model import Model
from cobi.recommenders.progress import Progress, within
from cobi.recommenders.settings import Settings, settings_from
from cobi.store import events as event_store
from cobi.store import interactions, model_registry, models
from cobi.store.database import Connection
from cobi.store.model_registry import Entry

LENGTH = 10
"""Of the lists that are judged."""

DAYS = (7, 14, 28)
"""How long the period may be; never more than half of what there is."""

ENOUGH = 1000
"""With so many students the period is long enough."""

MOST = 20_000
"""Of more students so many are drawn by the seed."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Contender:
    """A model as the register has it; `model` is absent where another version of Cobi wrote it."""

    version: int
    recipe: Settings
    seed: int
    learned_until: int
    last_event: int | None
    model: Model | None
    digest: str


@dataclass(frozen=True)
class Looks:
    """When the live model went live, and when candidates were compared with it since."""

    began: int
    taken: tuple[int, ...]

    def next(self, now: int) -> Look:
        """The one that is taken now."""
        before = self.taken[-1] if self.taken else self.began
        return Look(len(self.taken) + 1, max(0, now - self.began), before - self.began)


@dataclass(frozen=True)
class Material:
    """All a comparison reads, read in one go."""

    past: Past
    claimed: NDArray[np.int64]
    """(student row, item row) of what was done in the longest period with source COBI."""
    candidate: Contender
    live: Contender
    log: Log | None = None
    """The period's lists that were drawn by chance."""
    looks: Looks = field(default_factory=lambda: Looks(0, ()))


@dataclass(frozen=True)
class Compared:
    """The figures of both, by what they were measured, and everything they came from."""

    evidence: Evidence
    metric: str
    inputs: dict[str, Any]


def read_material(connection: Connection, lessons: Lessons, candidate: Entry, live: Entry) -> Material:
    """Read what the lessons lack."""
    past = Past(lessons, read_candidates(connection, ItemType.OFFER), read_regions(connection))
    since = int(lessons.events.time.max(initial=0)) - max(DAYS) * DAY
    return Material(
        past,
        _claimed(connection, lessons, max(since, 0)),
        _contender(connection, candidate),
        _contender(connection, live),
        _log(connection, lessons),
        looks_at(connection, live),
    )


def compare(material: Material, zone: ZoneInfo, seed: int, now: int, progress: Progress) -> Compared:
    """Each student's figure under both; raises Conflict where too few can be tested."""
    progress(0.0, "holding the last days back")
    lessons, candidate, live = material.past.lessons, material.candidate, material.live
    cut = period_start(lessons)
    if cut is None:
        raise Conflict("nothing was done yet that could be held back", code="nothing_to_evaluate")
    plan = Plan((LENGTH,), Split(Way.TIME, None, cut), users=MOST, seed=seed)
    exam = set_exam(material.past, plan, zone)
    if len(exam.holdout) < RULE.few:
        raise Conflict(f"only {len(exam.holdout)} students can be tested", code="nothing_to_evaluate")
    ours = _again(exam, lessons, candidate, exam.now, within(progress, 0.0, 0.4))
    theirs, how, until = _as_live(exam, material, within(progress, 0.4, 0.8))
    both = {"candidate": ours, "live": theirs}
    _, marks = mark(exam, both, plan, within(progress, 0.8, 0.9))
    logged = None
    if material.log is not None:
        weighed = weigh(material.log, material.past, exam, both, zone, within(progress, 0.9, 1.0))
        logged = weighed and nameless_log(weighed)
    wanted, chosen = _wanted(exam, material)
    one, other = (_figures(marks[name], chosen) for name in ("candidate", "live"))
    shown = marks["candidate"].covered[LENGTH].share, marks["live"].covered[LENGTH].share
    evidence = Evidence(*nameless(one, other), *shown, seed, logged, material.looks.next(now))
    inputs = {
        "metric": f"ndcg@{LENGTH}",
        "wanted": wanted,
        "period": {"from": format_moment(cut), "to": format_moment(int(lessons.events.time.max()) + 1)},
        "live_judged": how,
        "live_learned_until": format_moment(until),
        "events": digest_of(_of_events(lessons)),
        "refitted": {
            "candidate": digest_of(to_arrays(ours.model)),
            "live": digest_of(to_arrays(theirs.model)),
        },
        "models": {
            name: {"version": one.version, "digest": one.digest}
            for name, one in (("candidate", candidate), ("live", live))
        },
    }
    return Compared(evidence, f"ndcg@{LENGTH}", inputs)


def period_start(lessons: Lessons) -> int | None:
    """Where the period begins that is held back; None where there is nothing to divide."""
    offers, events = lessons.catalogue.of_type(ItemType.OFFER), lessons.events
    ranked = (events.student >= 0) & (events.item >= offers.start) & (events.item < offers.stop)
    times, students = events.time[ranked], events.student[ranked]
    if len(times) == 0 or times.min() == times.max():
        return None
    middle = int(times.min()) + (int(times.max()) - int(times.min())) // 2 + 1
    cut = middle
    for days in DAYS:
        cut = max(int(times.max()) + 1 - days * DAY, middle)
        if len(np.unique(students[times >= cut])) >= ENOUGH:
            break
    return cut


def _as_live(exam: Exam, material: Material, progress: Progress) -> tuple[ByModel, str, int]:
    """The live model as it may be judged, how that is, and until when it learned."""
    live, lessons = material.live, material.past.lessons
    cut = exam.now
    if live.model is not None and live.last_event is not None and live.last_event < cut:
        stands = ByModel(live.model.adopt(lessons.catalogue), exam, lessons)
        return stands, "as it stands: it learned from nothing in the period", live.learned_until
    until = cut - max(0, material.candidate.learned_until - live.learned_until)
    said = "learned again, as much older than the candidate as it is: it has seen the period"
    return _again(exam, lessons, live, until, progress), said, until


def _again(exam: Exam, lessons: Lessons, who: Contender, until: int, progress: Progress) -> ByModel:
    """Learned again from what happened before a moment: tuned as it is where that was found before it, else anew.

    An incremental training keeps an older tuning; tuned anew it would be another model than the one to go live.
    """
    model = who.model
    if model is not None and model.card["figures"].get("tuned_at", until) < until:
        return learned_as(exam, lessons, model, progress, until)
    return newly_learned(exam, lessons, who.recipe, who.seed, progress, until)


def _wanted(exam: Exam, material: Material) -> tuple[str, Mask]:
    """Which of the held-back pairs count: the first of these kinds that enough students have."""
    held, width = exam.holdout, material.past.lessons.catalogue.size
    cells = held.students[held.owner] * width + held.item
    events = material.past.lessons.events
    revealed = (events.time >= exam.now) & (events.kind == EventKind.DISCOUNT_CODE)
    is_revealed = np.isin(cells, events.student[revealed] * width + events.item[revealed])
    unprompted = ~np.isin(cells, material.claimed[:, 0] * width + material.claimed[:, 1])
    kinds = {
        "codes revealed without a recommendation": is_revealed & unprompted,
        "offers opened without a recommendation": unprompted,
    }
    for name, chosen in kinds.items():
        if len(np.unique(held.owner[chosen])) >= 2 * RULE.few:
            return name, chosen
    # What was recommended was recommended by the live model: counting it is in its favour.
    return "everything, also what the live model recommended", np.ones(len(cells), np.bool_)


def _figures(marks: Marks, chosen: Mask) -> NDArray[np.int64]:
    return in_steps(ndcg(marks.found.where(chosen), LENGTH))


def _claimed(connection: Connection, lessons: Lessons, since: int) -> NDArray[np.int64]:
    pairs = np.array(interactions.claimed(connection, ItemType.OFFER, since), np.int64).reshape(-1, 2)
    keys = event_store.student_keys(connection)
    if len(keys) == 0 or len(pairs) == 0:
        return np.empty((0, 2), np.int64)
    place = np.minimum(np.searchsorted(keys, pairs[:, 0]), len(keys) - 1)
    item = lessons.catalogue.rows(ItemType.OFFER, pairs[:, 1])
    known = (keys[place] == pairs[:, 0]) & (item >= 0)
    return np.stack([place, item], axis=1)[known]


def _log(connection: Connection, lessons: Lessons) -> Log | None:
    cut = period_start(lessons)
    if cut is None:
        return None
    return read_log(connection, cut, int(lessons.events.time.max()) + 1 - MATURITY)


def looks_at(connection: Connection, live: Entry) -> Looks:
    """How often a live model was compared; those with too few students are not counted: they could not be wrong."""
    began = live.trained if live.went_live is None else live.went_live
    decided = model_registry.decided_against(connection, live.version, began)
    return Looks(began, tuple(moment for moment, summary in decided if summary["students"] >= RULE.few))


def _contender(connection: Connection, entry: Entry) -> Contender:
    card = entry.card
    window: list[int] | None = card.get("data_window")
    return Contender(
        entry.version,
        Settings() if entry.recipe is None else settings_from(entry.recipe),
        int(card.get("seed", 0)),
        int(card.get("now", entry.trained)),
        None if window is None else window[1],
        load_model(connection, entry.version),
        digest_of(models.load(connection, entry.version)[1]),
    )


def _of_events(lessons: Lessons) -> dict[str, NDArray[Any]]:
    events = lessons.events
    return {"student": events.student, "item": events.item, "kind": events.kind, "time": events.time}
