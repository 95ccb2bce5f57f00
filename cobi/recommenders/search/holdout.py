"""What tuning is judged on: each student's own latest period, or a random part where there is no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.domain.moments import MINUTE
from cobi.recommenders.dataset import ABSENT, ANONYMOUS, Catalogue, EventKind, Events, FloatArray, IntArray
from cobi.recommenders.search.judging import share_above, worth
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import places_of
from cobi.recommenders.spacing import evenly

HELD_SHARE = 0.2
MOST_HELD = 10
MOST_CASES = 2_000
MOST_CASES_OF_FEW = 5_000
HELD_TARGETS = 8_000
"""Where cases hold few targets each, more are looked at until they hold so many: chance has less of a hand then."""
CELLS_OF_FEW = 24_000_000
"""… nor more than have so many scores of one way, 96 MB …"""
SPARED_SHARE = 0.2
"""… but no more than this share of all students, so that what is left is about as dense as what serves."""
MOST_FUNNEL_CASES = 10_000
FUNNEL_CELLS = 8_000_000
"""Reveals are few and rough: where offers are few enough, more cases are judged on at the same cost."""
CHOICE = 4
"""So many times as many students are looked at to find the cases among them."""
FEWEST_FUNNEL_CASES = 150
FEWEST_CASES = 60
"""With fewer, nothing is tuned."""
MOST_CELLS = 60_000_000
"""Scores of one way to learn B held at once: 240 MB."""
VISIT = 30 * MINUTE
"""A code so soon after a view is what became of that."""
NEVER = 2**62
NOTHING: IntArray = np.empty(0, np.int64)
REPEATING = 0.05
"""Above this share of held-out items that the student knew before, known items are ranked too."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """Students, what they did later, and everything else to learn from."""

    train: Events
    students: IntArray
    """Of whom something is set aside, ascending."""
    cases: IntArray
    """Student rows, ascending."""
    case: IntArray
    """Of each held-out target, the place of its student in `cases`; ascending."""
    item: IntArray
    """Of each held-out target, its place among the ranked items."""
    ranked: slice
    """The catalogue rows that are ranked."""
    ordered: bool
    repeating: bool
    aside: IntArray
    """The numbers of the events that are set aside."""
    opened: tuple[IntArray, IntArray] | None = None
    """(case, item) of what each case opened later, where that is what is ranked: who opened it, revealed it?"""
    moments: IntArray | None = None
    """When each case first did something of what is held out; None where times tell no order."""

    def worth(self, rank: FloatArray, case: IntArray) -> FloatArray:
        """Each case's value of its targets' ranks."""
        if self.opened is None:
            return worth(rank, case, len(self.cases))
        return share_above(rank, case, np.bincount(self.opened[0], minlength=len(self.cases)))

    def some(self, chosen: NDArray[np.bool_]) -> Holdout:
        """The same with only these of the cases to judge on."""
        number = np.cumsum(chosen) - 1
        kept, opened = chosen[self.case], self.opened
        if opened is not None:
            there = chosen[opened[0]]
            opened = number[opened[0][there]], opened[1][there]
        return replace(
            self,
            cases=self.cases[chosen],
            case=number[self.case[kept]],
            item=self.item[kept],
            opened=opened,
            moments=None if self.moments is None else self.moments[chosen],
        )

    def of(self, events: Events, students: IntArray) -> Holdout:
        """The same with only these students held out, of all events."""
        held = self.aside[np.isin(events.student[self.aside], students)]
        left = np.ones(len(events), np.bool_)
        left[held] = False
        chosen = self.some(np.isin(self.cases, students))
        return replace(chosen, train=events.where(left), students=students, aside=held)


def together(parts: Sequence[Holdout]) -> Holdout:
    """The cases of several folds, one fold's after the other's; there are no events to learn from then."""
    first = parts[0]
    starts = np.cumsum([0, *(len(part.cases) for part in parts)])[:-1].tolist()
    pairs = [(start, part.opened) for start, part in zip(starts, parts, strict=True) if part.opened]
    opened = [np.stack([case + start, item]) for start, (case, item) in pairs]
    whole = np.concatenate(opened, axis=1) if opened else None
    return replace(
        first,
        train=first.train.where(NOTHING),
        students=np.concatenate([part.students for part in parts]),
        cases=np.concatenate([part.cases for part in parts]),
        case=np.concatenate([part.case + start for part, start in zip(parts, starts, strict=True)]),
        item=np.concatenate([part.item for part in parts]),
        aside=np.concatenate([part.aside for part in parts]),
        opened=None if whole is None else (whole[0], whole[1]),
        moments=None if first.moments is None else np.concatenate([_when(part) for part in parts]),
    )


def _when(part: Holdout) -> IntArray:
    return NOTHING if part.moments is None else part.moments


def hold_out(catalogue: Catalogue, events: Events, settings: Settings, seed: int) -> Holdout | None:
    """Set aside a part of some students' events; None where too few students did enough."""
    offers = catalogue.of_type(ItemType.OFFER)
    told = places_of(events.kind, catalogue.item_type[events.item], settings) != ABSENT
    for ranked in (offers, slice(0, catalogue.size)):
        held = _hold_out(events, told, ranked, seed)
        if held is not None:
            return held
    return None


def _hold_out(events: Events, told: NDArray[np.bool_], ranked: slice, seed: int) -> Holdout | None:
    known = (events.student != ANONYMOUS) & told
    aimed = known & (events.item >= ranked.start) & (events.item < ranked.stop)
    counts = np.bincount(events.student[aimed])
    judged = _judged_cases(counts, ranked)
    most = _most_cases(events, ranked, judged)
    some = _crowd(events, known, counts, CHOICE * most, seed)
    if len(some) == 0:
        return None
    mine = events.where(some)
    found = _held_of(mine, ranked, most, seed)
    if found is None:
        return None
    held, aimed, ordered = found
    left = known | (events.student == ANONYMOUS)
    left[some[held]] = False
    students = np.unique(mine.student[held])
    before, later = mine.where(~held), mine.where(aimed)
    whole = Holdout(
        events.where(left), students, NOTHING, NOTHING, NOTHING, ranked, ordered, False, some[held]
    )
    return _assembled(whole, before, later, judged)


def _crowd(events: Events, known: NDArray[np.bool_], counts: IntArray, most: int, seed: int) -> IntArray:
    """The told events of some students who did several things: enough of them to choose the cases from."""
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(counts > 1))[:most]
    within = np.zeros(int(events.student.max(initial=0)) + 2, np.bool_)
    within[chosen] = True
    return np.flatnonzero(known & within[events.student])


def _held_of(
    events: Events, ranked: slice, most: int, seed: int
) -> tuple[NDArray[np.bool_], IntArray, bool] | None:
    """Which events are set aside, which of those name what is ranked, and whether times tell an order."""
    aim = np.flatnonzero((events.item >= ranked.start) & (events.item < ranked.stop))
    luck = np.random.default_rng(seed).random(len(aim))
    aim = aim[np.lexsort((luck, events.time[aim], events.student[aim]))]
    ordered = _is_ordered(events.student[aim], events.time[aim])
    if not ordered:
        aim = _distinct(events, aim, luck)
    held = _later(events, aim) if ordered else _chosen(events, aim)
    held &= np.isin(events.student, _sample(events, held, most, seed))
    return (held, aim[held[aim]], ordered) if held.any() else None


def _is_ordered(student: IntArray, time: IntArray) -> bool:
    """Whether of the students with several events at least half have them at several moments."""
    same = student[1:] == student[:-1]
    several = np.unique(student[1:][same])
    moved = np.unique(student[1:][same & (time[1:] != time[:-1])])
    return len(several) > 0 and 2 * len(moved) >= len(several)


def _distinct(events: Events, aim: IntArray, luck: NDArray[np.float64]) -> IntArray:
    """One event of each student and item, each student's in random order."""
    cell = np.stack([events.student[aim], events.item[aim]])
    _, first = np.unique(cell, axis=1, return_index=True)
    chosen = aim[first]
    return chosen[np.lexsort((luck[first], events.student[chosen]))]


def _from_end(student: IntArray) -> tuple[IntArray, IntArray]:
    """For each of the events sorted by student: its place from the student's end, and how many there are."""
    _, start, count = np.unique(student, return_index=True, return_counts=True)
    total = np.repeat(count, count)
    return np.repeat(start + count, count) - 1 - np.arange(len(student)), total


def _held_count(total: IntArray) -> IntArray:
    return np.clip(np.rint(HELD_SHARE * total).astype(np.int64), 1, MOST_HELD)


def _later(events: Events, aim: IntArray) -> NDArray[np.bool_]:
    """All events at or after the moment at which a student's last fifth begins."""
    place, total = _from_end(events.student[aim])
    begins = place == _held_count(total) - 1
    cut = np.full(int(events.student.max()) + 2, NEVER)
    cut[events.student[aim][begins]] = events.time[aim][begins]
    return events.time >= cut[events.student]


def _chosen(events: Events, aim: IntArray) -> NDArray[np.bool_]:
    """All events on a random fifth of each student's items."""
    place, total = _from_end(events.student[aim])
    mine = aim[(place < _held_count(total)) & (total > 1)]
    width = int(events.item.max()) + 1
    cells = np.unique(events.student[mine] * width + events.item[mine])
    return np.isin(events.student * width + events.item, cells)


def _sample(events: Events, held: NDArray[np.bool_], most: int, seed: int) -> IntArray:
    """Students of whom something is held out and something is left."""
    both = np.intersect1d(events.student[held], events.student[~held])
    return np.sort(np.random.default_rng(seed).permutation(both)[:most])


def _judged_cases(counts: IntArray, ranked: slice) -> int:
    """How many cases are judged at most, of students who did so much each: more where each holds few targets."""
    several = counts[counts > 1]
    if len(several) == 0:
        return MOST_CASES
    enough = min(HELD_TARGETS / float(_held_count(several).mean()), SPARED_SHARE * len(several))
    most = min(MOST_CASES_OF_FEW, CELLS_OF_FEW // max(ranked.stop - ranked.start, 1))
    return max(MOST_CASES, int(min(enough, most)))


def _most_cases(events: Events, ranked: slice, judged: int) -> int:
    """How many students' events are set aside."""
    width, most = max(ranked.stop - ranked.start, 1), judged
    if (events.kind == EventKind.DISCOUNT_CODE).any():
        most = max(most, min(MOST_FUNNEL_CASES, FUNNEL_CELLS // width))
    return max(FEWEST_CASES, min(most, MOST_CELLS // width))


def _funnel(before: Events, aimed: Events, ranked: slice) -> tuple[IntArray, IntArray] | None:
    """The cells student × item that were opened later, and which of them were revealed, where enough tell.

    Only students count who revealed some of what they opened, and not all: what is opened depends on what is
    shown; which of it is revealed, on taste.
    """
    opened, revealed = _became(before, aimed, ranked.stop)
    student = opened // ranked.stop
    hit = np.isin(opened, revealed)
    some, all_of = np.unique(student[hit]), np.unique(student[~hit])
    mixed = np.isin(student, np.intersect1d(some, all_of))
    if len(np.unique(student[mixed])) < FEWEST_FUNNEL_CASES:
        return None
    return opened[mixed], opened[mixed & hit]


def _became(before: Events, aimed: Events, width: int) -> tuple[IntArray, IntArray]:
    """The cells that were opened later, and those that were revealed then.

    A code of what was opened while the history still went on is no answer: histories would end with the question, and
    what was touched last would seem to foretell it. One that comes without a view is of an offer opened then.
    """
    cell = aimed.student * width + aimed.item
    views, codes = (aimed.kind == kind for kind in (EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE))
    asked, time = cell[codes], aimed.time[codes]
    viewed, first = _first(cell[views], aimed.time[views])
    seen = before.where(before.kind == EventKind.PAGE_VIEW)
    known, last = _first(seen.student * width + seen.item, -seen.time)
    opened_then = _of(asked, viewed, first, NEVER) <= time
    split = time + _of(asked, known, last, NEVER - VISIT) < VISIT
    revealed = np.unique(asked[opened_then | ~split])
    return np.union1d(viewed, revealed), revealed


def _first(cells: IntArray, times: IntArray) -> tuple[IntArray, IntArray]:
    """The distinct cells (or students), ascending, and each one's least time."""
    distinct, place = np.unique(cells, return_inverse=True)
    least = np.full(len(distinct), NEVER)
    np.minimum.at(least, place, times)
    return distinct, least


def _of(cells: IntArray, known: IntArray, values: IntArray, otherwise: int) -> IntArray:
    """The values of cells, of which some are known, ascending."""
    place = np.searchsorted(known, cells)
    there = np.append(known, ABSENT)[place] == cells
    return np.where(there, np.append(values, otherwise)[place], otherwise)


def _of_funnel(funnel: tuple[IntArray, IntArray], whole: Holdout) -> Holdout:
    width, first = whole.ranked.stop, whole.ranked.start
    opened, revealed = (np.divmod(cells, width) for cells in funnel)
    cases = np.unique(opened[0])
    place, hit = np.searchsorted(cases, opened[0]), np.searchsorted(cases, revealed[0])
    return replace(
        whole,
        cases=cases,
        case=hit,
        item=revealed[1] - first,
        repeating=True,
        opened=(place, opened[1] - first),
    )


def _assembled(whole: Holdout, before: Events, aimed: Events, most: int) -> Holdout | None:
    """The holdout with its cases: from what is left of some students, and what they did with ranked items later."""
    ranked, width = whole.ranked, whole.ranked.stop
    funnel = _funnel(before, aimed, ranked) if whole.ordered else None
    if funnel is not None:
        return _timed(_of_funnel(funnel, whole), aimed)
    target = np.unique(aimed.student * width + aimed.item)
    inside = before.where(before.item < width)
    known = np.isin(target, inside.student * width + inside.item)
    repeating = bool(len(target)) and float(known.mean()) > REPEATING
    if not repeating:
        target = target[~known]
    student, item = np.divmod(target, width)
    cases = np.unique(student)
    if len(cases) < FEWEST_CASES:
        return None
    place = np.searchsorted(cases, student)
    found = replace(whole, cases=cases, case=place, item=item - ranked.start, repeating=repeating)
    chosen = np.zeros(len(cases), np.bool_)
    chosen[evenly(np.arange(len(cases)), most)] = True
    return _timed(found.some(chosen), aimed)


def _timed(found: Holdout, aimed: Events) -> Holdout:
    """With the moment of each case."""
    if not found.ordered:
        return found
    mine = np.isin(aimed.student, found.cases)
    return replace(found, moments=_first(aimed.student[mine], aimed.time[mine])[1])
