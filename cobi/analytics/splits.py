"""Which events a test holds back: the last of all, each student's last, or pairs of student and item at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

ANONYMOUS = -1

ENOUGH_ORDER = 0.5
"""Where fewer of the students with two events have two different times, times say nothing of the order."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What was done, in any order; all arrays are as long."""

    student: IntArray
    """From 0, or ANONYMOUS: learned from, never tested."""
    item: IntArray
    time: IntArray
    ranked: Mask
    """Whether the item is of the type that is ranked; the others are only learned from."""

    @property
    def testable(self) -> Mask:
        """What may be held back."""
        return self.ranked & (self.student != ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Holdout:
    """A split. No event in `training` is of a held-back pair after its student's moment."""

    training: Mask
    """The events that may be learned from."""
    students: IntArray
    """Who is tested, ascending."""
    moments: IntArray
    """When each one is asked what they want: at their first held-back event."""
    owner: IntArray
    """Of each held-back pair, the place of its student in `students`; ascending."""
    item: IntArray

    def __len__(self) -> int:
        return len(self.students)

    def only(self, students: Mask, pairs: Mask) -> Holdout:
        """The same split where fewer students are tested, on fewer pairs."""
        kept = pairs & students[self.owner]
        place = np.cumsum(students) - 1
        return Holdout(
            self.training,
            self.students[students],
            self.moments[students],
            place[self.owner[kept]],
            self.item[kept],
        )


def has_order(acts: Acts) -> bool:
    """Whether times tell, of most students, what they did first."""
    chosen = acts.testable
    student, events = np.unique(acts.student[chosen], return_counts=True)
    several = student[events > 1]
    if len(several) == 0:
        return len(np.unique(acts.time[chosen])) > 1
    first = np.full(int(student[-1]) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, acts.student[chosen], acts.time[chosen])
    later = np.zeros(len(first), np.bool_)
    later[acts.student[chosen][acts.time[chosen] > first[acts.student[chosen]]]] = True
    return float(later[several].mean()) >= ENOUGH_ORDER


def by_time(acts: Acts, share: float) -> Holdout:
    """One cut through time for all: what happened from the cut on, the last `share` of what is ranked, is held back."""
    times = np.sort(acts.time[acts.testable])
    if len(times) == 0:
        return _held(acts, np.ones(len(acts.time), np.bool_), acts.testable)
    return since(acts, int(times[min(int((1 - share) * len(times)), len(times) - 1)]))


def since(acts: Acts, cut: int) -> Holdout:
    """What happened from a moment on is held back."""
    before = acts.time < cut
    return _held(acts, before, acts.testable & ~before)


def last_out(acts: Acts, share: float | None = None, *, new_only: bool) -> Holdout:
    """Each student's last event, or the last `share` of their events, with all they did from there on.

    `new_only` counts an item at its first event only. Learned from is what others did at any time, also later,
    and what the student did earlier. What happened at the same moment is held back together; a student who did
    nothing before it is not tested.
    """
    never = np.iinfo(np.int64).max
    chosen = np.flatnonzero(acts.testable)
    if new_only:
        chosen = chosen[_first_of_pairs(acts, chosen)]
    students = int(acts.student.max(initial=ANONYMOUS)) + 1
    # The last entry of both stands for the anonymous, of whom nothing is held back.
    limit, first = np.full(students + 1, never), np.full(students + 1, never)
    limit[np.unique(acts.student[chosen])] = _late(acts.student[chosen], acts.time[chosen], share)
    np.minimum.at(first, acts.student, acts.time)
    limit[first >= limit] = never
    late = np.zeros(len(acts.time), np.bool_)
    late[chosen] = acts.time[chosen] >= limit[acts.student[chosen]]
    return _held(acts, (acts.time < limit[acts.student]) | (acts.student == ANONYMOUS), late)


def at_random(acts: Acts, share: float, seed: int) -> Holdout:
    """A `share` of the pairs of student and item, with all events of each; times are not looked at."""
    cell = acts.student * (int(acts.item.max(initial=0)) + 1) + acts.item
    pairs = np.unique(cell[acts.testable])
    drawn = np.random.default_rng(seed).permutation(len(pairs))[: round(share * len(pairs))]
    held = np.isin(cell, pairs[drawn]) & acts.testable
    return _held(acts, ~held, held)


def repeats(acts: Acts, holdout: Holdout) -> Mask:
    """Of the held-back pairs, those whose student had touched the item before, in what may be learned from."""
    width = int(acts.item.max(initial=0)) + 1
    known = acts.testable & holdout.training
    before = acts.student[known] * width + acts.item[known]
    return np.isin(holdout.students[holdout.owner] * width + holdout.item, before)


def _late(student: IntArray, time: IntArray, share: float | None) -> IntArray:
    """For each student, ascending, the time of the last event, or the one the last `share` begins with."""
    times = time[np.lexsort((time, student))]
    _, starts, counts = np.unique(np.sort(student), return_index=True, return_counts=True)
    place = counts - 1 if share is None else np.minimum(((1 - share) * counts).astype(np.int64), counts - 1)
    return times[starts + place]


def _first_of_pairs(acts: Acts, chosen: IntArray) -> Mask:
    """Of the chosen events, those at which their student touches their item for the first time."""
    order = np.lexsort((acts.time[chosen], acts.item[chosen], acts.student[chosen]))
    student, item, time = acts.student[chosen][order], acts.item[chosen][order], acts.time[chosen][order]
    begins = np.append(True, (student[1:] != student[:-1]) | (item[1:] != item[:-1]))[: len(order)]
    first = np.empty(len(order), np.bool_)
    first[order] = time == time[begins][np.cumsum(begins) - 1]
    return first


def _held(acts: Acts, training: Mask, held: Mask) -> Holdout:
    students, owner = np.unique(acts.student[held], return_inverse=True)
    moments = np.full(len(students), np.iinfo(np.int64).max)
    np.minimum.at(moments, owner, acts.time[held])
    width = int(acts.item.max(initial=0)) + 1
    place, item = np.divmod(np.unique(owner * width + acts.item[held]), width)
    return Holdout(training, students, moments, place, item)
