"""Setting an examination: which events are held back, who is tested, and what they could have been shown."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cobi.actions.learning.histories import Histories, histories
from cobi.actions.learning.train import Lessons
from cobi.actions.recommending.candidates import Askers, Candidates, weekdays
from cobi.analytics.splits import Acts, Holdout, at_random, by_time, has_order, last_out, repeats, since
from cobi.domain.errors import Conflict
from cobi.domain.evaluation import DEFAULT_SHARE, Plan, Seen, Split, Way
from cobi.domain.interaction import ItemType
from cobi.recommenders.baselines import students_of

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

KNOWN_ENOUGH = 0.5
"""Where fewer of those tested did anything before the cut, a cut through time tests newcomers only."""

REPEATS_MATTER = 0.1
"""From this share of repeats among what is held back, to find them again is part of the task."""


@dataclass(frozen=True)
class Setting:
    """How events are held back, and why so."""

    split: Split
    why: str
    seen: Seen
    holdout: Holdout
    repeated: Mask
    """The held-back pairs whose student had touched the item before."""

    @property
    def cut(self) -> int | None:
        """The moment learning stops for everybody; None where there is no such moment."""
        return self.begins if self.split.way is Way.TIME else None

    @property
    def begins(self) -> int:
        """The moment of the first held-back event."""
        return int(self.holdout.moments.min())


@dataclass(frozen=True)
class Account:
    """What became of the pairs of student and item that were held back."""

    held_back: int
    not_available: int
    """Those whose item could not be shown to the student then."""
    seen_before: int
    """Those the student had touched before, where such items are hidden."""
    students: int
    """Who could be tested; `users` may have tested fewer."""


@dataclass(frozen=True)
class Exam:
    """Who is tested on what, and everything that may be known before."""

    setting: Setting
    account: Account
    holdout: Holdout
    """Of the students that are tested; items are catalogue rows."""
    training: Histories
    items: slice
    """The ranked type's rows in the catalogue."""
    candidates: Candidates
    askers: Askers
    age: IntArray
    """How old each held-back pair's item was at its student's moment, in microseconds."""
    known_to: IntArray
    """By how many students each ranked item had been touched."""

    @property
    def students(self) -> int:
        """How many students there is anything to learn from."""
        return int(np.count_nonzero(np.diff(self.training.starts)))

    @property
    def now(self) -> int:
        """The moment up to which is learned: the cut, or the last that happened."""
        return self.setting.cut or int(self.training.events.time.max(initial=0)) + 1

    @property
    def moments(self) -> IntArray:
        """When each tested student is asked what they want."""
        return np.full(len(self.holdout), self.now) if self.timeless else self.holdout.moments

    @property
    def timeless(self) -> bool:
        """Whether nobody looks at the time."""
        return self.setting.split.way is Way.RANDOM

    def allowed(self, chosen: slice) -> Mask:
        """What may be shown to some of the tested students, students × items."""
        every, askers = np.arange(len(self.candidates)), self.askers.at((chosen, None))
        shown = self.candidates.may_show(every, askers, timeless=self.timeless)
        if self.setting.seen is Seen.HIDE:
            place, row = self.training.items(self.holdout.students[chosen])
            ranked = (row >= self.items.start) & (row < self.items.stop)
            shown[place[ranked], row[ranked] - self.items.start] = False
        return shown


@dataclass(frozen=True)
class Past:
    """All that happened, what could have been shown, and where each student is (a region's code)."""

    lessons: Lessons
    candidates: Candidates
    regions: IntArray


def set_exam(past: Past, plan: Plan, zone: ZoneInfo) -> Exam:
    """Hold back, and find out who can be tested on what; raises Conflict where nobody can."""
    lessons, candidates = past.lessons, past.candidates
    events, items = lessons.events, lessons.catalogue.of_type(plan.item_type)
    ranked = (events.item >= items.start) & (events.item < items.stop)
    acts = Acts(events.student, events.item, events.time, ranked)
    if not acts.testable.any():
        raise _nothing_there(plan, lessons)
    setting = choose(acts, plan)
    held = setting.holdout
    first_event = np.full(len(candidates), np.iinfo(np.int64).max)
    np.minimum.at(first_event, events.item[ranked] - items.start, events.time[ranked])
    witnessed = candidates.witnessed(first_event)
    askers = Askers(held.moments, weekdays(held.moments, zone), past.regions[held.students])
    timeless = setting.split.way is Way.RANDOM
    there = witnessed.may_show(held.item - items.start, askers.at(held.owner), timeless=timeless)
    seen_before = there & setting.repeated if setting.seen is Seen.HIDE else np.zeros_like(there)
    asked = there & ~seen_before
    able = np.bincount(held.owner[asked], minlength=len(held)) > 0
    if not able.any():
        raise _nothing_left(setting, len(there), int((~there).sum()))
    tested = _sample(able, plan)
    final = held.only(tested, asked)
    birth = witnessed.birth(first_event)[final.item - items.start]
    training = events.where(held.training)
    return Exam(
        setting,
        Account(len(there), int((~there).sum()), int(seen_before.sum()), int(able.sum())),
        final,
        histories(training, lessons.students.size),
        items,
        witnessed,
        askers.at(tested),
        np.maximum(final.moments[final.owner] - birth, 0),
        students_of(training, items),
    )


def choose(acts: Acts, plan: Plan) -> Setting:
    """Hold back as asked, or as the data allow."""
    split, why = (plan.split, "as asked") if plan.split else _split_for(acts)
    holdout = _hold_back(acts, split, plan)
    repeated = repeats(acts, holdout)
    seen = plan.seen
    if seen is None:
        often = len(repeated) > 0 and float(repeated.mean()) >= REPEATS_MATTER
        seen = Seen.SHOW if often else Seen.HIDE
    if split.way is Way.LAST and seen is Seen.HIDE:
        holdout = last_out(acts, split.share, new_only=True)
        repeated = repeats(acts, holdout)
    return Setting(split, why, seen, holdout, repeated)


def _split_for(acts: Acts) -> tuple[Split, str]:
    if not has_order(acts):
        return Split(Way.RANDOM), "times tell no order"
    cut = by_time(acts, DEFAULT_SHARE)
    before = np.unique(acts.student[cut.training])
    if np.isin(cut.students, before).mean() >= KNOWN_ENOUGH:
        return Split(Way.TIME), "times tell an order"
    if len(last_out(acts, new_only=False)):
        return Split(Way.LAST, None), "most students after a cut through time were unknown before it"
    return Split(Way.RANDOM), "hardly a student came twice"


def _hold_back(acts: Acts, split: Split, plan: Plan) -> Holdout:
    share = split.share or DEFAULT_SHARE
    if split.since is not None:
        return since(acts, split.since)
    if split.way is Way.TIME:
        return by_time(acts, share)
    if split.way is Way.LAST:
        return last_out(acts, split.share, new_only=plan.seen is Seen.HIDE)
    return at_random(acts, share, plan.seed)


def _sample(able: Mask, plan: Plan) -> Mask:
    """At most so many of those who can be tested, drawn by the seed."""
    if plan.users is None or plan.users >= able.sum():
        return able
    drawn = np.random.default_rng(plan.seed).permutation(np.flatnonzero(able))[: plan.users]
    return np.isin(np.arange(len(able)), drawn)


def _nothing_there(plan: Plan, lessons: Lessons) -> Conflict:
    events = lessons.events
    known = events.item[events.student >= 0]
    counts = {kind: _events_on(known, lessons.catalogue.of_type(kind)) for kind in ItemType}
    others = [
        f"{count:,} on {kind.name}" for kind, count in counts.items() if count and kind != plan.item_type
    ]
    message = f"no known student has interacted with any {plan.item_type.name}"
    hint = "upload interactions first" if not others else f"there are {', '.join(others)}: try --item-type"
    return Conflict(message, code="nothing_to_evaluate", hint=hint)


def _nothing_left(setting: Setting, held: int, not_available: int) -> Conflict:
    message = (
        f"with the split {setting.split} nobody can be tested: {held:,} pairs of student and item were held back, "
        f"{not_available:,} of them could not be shown then"
        + (", and the others had been seen before" if setting.seen is Seen.HIDE else "")
    )
    return Conflict(message, code="nothing_to_evaluate", hint="try another --split, or --seen show")


def _events_on(items: IntArray, span: slice) -> int:
    return int(((items >= span.start) & (items < span.stop)).sum())
