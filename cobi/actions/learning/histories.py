"""What each student did, found by student."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import Events

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Histories:
    """Events in the order of their students."""

    events: Events
    starts: IntArray
    """Where each student's events begin, and one more for the end."""

    def of(self, student: int) -> Events:
        """One student's events."""
        place = np.arange(int(self.starts[student]), int(self.starts[student + 1]))
        return self.events.where(place)

    def lengths(self, students: IntArray) -> IntArray:
        """How many events each of these students has."""
        return self.starts[students + 1] - self.starts[students]

    def items(self, students: IntArray) -> tuple[IntArray, IntArray]:
        """(place among these students, item's row) of each of their events."""
        lengths = self.lengths(students)
        place = np.repeat(np.arange(len(students)), lengths)
        within = np.arange(len(place)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return place, self.events.item[self.starts[students][place] + within]


def histories(events: Events, students: int) -> Histories:
    """Sort events by student; anonymous ones are nobody's."""
    ordered = events.where(np.argsort(events.student, kind="stable"))
    return Histories(ordered, np.searchsorted(ordered.student, np.arange(students + 1)))
