"""What tuning is judged on: each student's own latest period, or a random part where there is no order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ANONYMOUS, Catalogue, EventKind, Events, FloatArray, IntArray
from cobi.recommenders.judging import share_above, worth
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import told

HELD_SHARE = 0.2
MOST_HELD = 10
MOST_CASES = 2_000
FEWEST_FUNNEL_CASES = 150
FEWEST_CASES = 60
"""With fewer, nothing is tuned."""
MOST_CELLS = 60_000_000
"""Scores of one way to learn B held at once: 240 MB."""
REPEATING = 0.05
"""Above this share of held-out items that the student knew before, known items are ranked too."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """Students, what they did later, and everything else to learn from."""

    train: Events
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
    opened: tuple[IntArray, IntArray] | None = None
    """(case, item) of what each case opened later, where that is what is ranked: who opened it, revealed it?"""

    def worth(self, rank: FloatArray, case: IntArray) -> FloatArray:
        """Each case's value of its targets' ranks."""
        if self.opened is None:
            return worth(rank, case, len(self.cases))
        return share_above(rank, case, np.bincount(self.opened[0], minlength=len(self.cases)))

    def first(self, count: int) -> Holdout:
        """The same with only some of the cases; they are in no particular order."""
        stop = int(np.searchsorted(self.case, count))
        opened = self.opened
        if opened is not None:
            kept = opened[0] < count
            opened = opened[0][kept], opened[1][kept]
        return replace(
            self, cases=self.cases[:count], case=self.case[:stop], item=self.item[:stop], opened=opened
        )


def hold_out(catalogue: Catalogue, events: Events, settings: Settings, seed: int) -> Holdout | None:
    """Set aside a part of some students' events; None where too few students did enough."""
    offers = catalogue.of_type(ItemType.OFFER)
    for ranked in (offers, slice(0, catalogue.size)):
        held = _hold_out(events, ranked, settings, seed)
        if held is not None:
            return held
    return None


def _hold_out(events: Events, ranked: slice, settings: Settings, seed: int) -> Holdout | None:
    known = (events.student != ANONYMOUS) & told(events.kind, settings)
    aim = np.flatnonzero(known & (events.item >= ranked.start) & (events.item < ranked.stop))
    if len(aim) == 0:
        return None
    luck = np.random.default_rng(seed).random(len(aim))
    aim = aim[np.lexsort((luck, events.time[aim], events.student[aim]))]
    ordered = _is_ordered(events.student[aim], events.time[aim])
    if not ordered:
        aim = _distinct(events, aim, luck)
    held = _later(events, known, aim) if ordered else _chosen(events, aim)
    students = _sample(events, known, held, ranked, seed)
    held &= np.isin(events.student, students)
    return _assembled(events, known & ~held, aim[held[aim]], ranked, ordered=ordered)


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


def _later(events: Events, known: NDArray[np.bool_], aim: IntArray) -> NDArray[np.bool_]:
    """All events at or after the moment at which a student's last fifth begins."""
    place, total = _from_end(events.student[aim])
    begins = place == _held_count(total) - 1
    cut = np.full(int(events.student.max()) + 2, np.iinfo(np.int64).max)
    cut[events.student[aim][begins]] = events.time[aim][begins]
    return known & (events.time >= cut[events.student])


def _chosen(events: Events, aim: IntArray) -> NDArray[np.bool_]:
    """All events on a random fifth of each student's items."""
    place, total = _from_end(events.student[aim])
    mine = aim[(place < _held_count(total)) & (total > 1)]
    width = int(events.item.max()) + 1
    cells = np.unique(events.student[mine] * width + events.item[mine])
    return np.isin(events.student * width + events.item, cells) & (events.student != ANONYMOUS)


def _sample(
    events: Events, known: NDArray[np.bool_], held: NDArray[np.bool_], ranked: slice, seed: int
) -> IntArray:
    """Students of whom something is held out and something is left."""
    both = np.intersect1d(events.student[held], events.student[known & ~held])
    most = max(FEWEST_CASES, min(MOST_CASES, MOST_CELLS // max(ranked.stop - ranked.start, 1)))
    return np.sort(np.random.default_rng(seed).permutation(both)[:most])


def _funnel(events: Events, aimed: IntArray, ranked: slice) -> tuple[IntArray, IntArray] | None:
    """The cells student × item that were opened later, and which of them were revealed, where enough tell.

    Only students count who revealed some of what they opened, and not all: what is opened depends on what is
    shown; which of it is revealed, on taste.
    """
    cell = events.student[aimed] * ranked.stop + events.item[aimed]
    opened = np.unique(cell)
    revealed = np.unique(cell[events.kind[aimed] == EventKind.DISCOUNT_CODE])
    student = opened // ranked.stop
    hit = np.isin(opened, revealed)
    some, all_of = np.unique(student[hit]), np.unique(student[~hit])
    mixed = np.isin(student, np.intersect1d(some, all_of))
    if len(np.unique(student[mixed])) < FEWEST_FUNNEL_CASES:
        return None
    return opened[mixed], opened[mixed & hit]


def _of_funnel(funnel: tuple[IntArray, IntArray], train: Events, ranked: slice) -> Holdout:
    opened, revealed = (np.divmod(cells, ranked.stop) for cells in funnel)
    cases = np.unique(opened[0])
    place, hit = np.searchsorted(cases, opened[0]), np.searchsorted(cases, revealed[0])
    shown = place, opened[1] - ranked.start
    return Holdout(train, cases, hit, revealed[1] - ranked.start, ranked, True, True, shown)


def _assembled(
    events: Events,
    left: NDArray[np.bool_],
    aimed: IntArray,
    ranked: slice,
    *,
    ordered: bool,
) -> Holdout | None:
    width = ranked.stop
    target = np.unique(events.student[aimed] * width + events.item[aimed])
    train = events.where(left | (events.student == ANONYMOUS))
    before = np.unique(train.student * width + np.minimum(train.item, width - 1))
    known = np.isin(target, before)
    funnel = _funnel(events, aimed, ranked) if ordered else None
    if funnel is not None:
        return _of_funnel(funnel, train, ranked)
    repeating = bool(len(target)) and float(known.mean()) > REPEATING
    if not repeating:
        target = target[~known]
    student, item = np.divmod(target, width)
    cases = np.unique(student)
    if len(cases) < FEWEST_CASES:
        return None
    place = np.searchsorted(cases, student)
    return Holdout(train, cases, place, item - ranked.start, ranked, ordered, repeating)
