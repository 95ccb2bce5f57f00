"""Folds: of few students only some are held out at a time, so that the rest is as dense as what serves.

Which way is best hangs on how dense the data are; with a fifth of everybody's events taken away it would be chosen for
other data than those it is to serve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cobi.recommenders.dataset import ANONYMOUS, Events
from cobi.recommenders.evidence import Evidence
from cobi.recommenders.search.holdout import Holdout
from cobi.recommenders.settings import Settings

FOLD_SHARE = 0.2
"""At most about this share of the students is held out at once."""
MOST_FOLDS = 5
SMALL_CATALOGUE = 5_000
MOST_FOLDS_OF_LARGE = 3
"""More items than that are learned from in fewer folds."""
MOST_EVENTS = 1_500_000
"""Of all folds together, so that tuning stays within its time."""


def folds_of(events: Events, whole: Holdout, seed: int) -> list[Holdout]:
    """The cases dealt into folds; all at once where they are few among the students."""
    active = len(np.unique(events.student[events.student != ANONYMOUS]))
    most = MOST_FOLDS if whole.ranked.stop - whole.ranked.start <= SMALL_CATALOGUE else MOST_FOLDS_OF_LARGE
    count = min(most, math.ceil(len(whole.students) / max(FOLD_SHARE * active, 1)))
    count = min(count, max(1, MOST_EVENTS // max(len(events), 1)))
    if count <= 1:
        return [whole]
    dealt = np.random.default_rng(seed).permutation(len(whole.students)) % count
    folds = [whole.of(events, whole.students[dealt == number]) for number in range(count)]
    return [fold for fold in folds if len(fold.cases)]


@dataclass(slots=True)
class Folds:
    """Folds and what is to be learned from in each: read when a fold's turn comes, one at a time in memory."""

    holdouts: Sequence[Holdout]
    read: Callable[[Holdout, Settings], Evidence]
    settings: Settings
    number: int = 0
    _evidence: Evidence | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.holdouts)

    def tell(self, settings: Settings) -> None:
        """Read by other settings from now on; what was read by another table of signals is forgotten."""
        if settings.signals != self.settings.signals:
            self._evidence = None
        self.settings = settings

    def turns(self) -> Iterator[tuple[Holdout, Evidence]]:
        """Every fold once, beginning with the one that was last."""
        order = list(range(len(self.holdouts)))
        if self.number:
            order.reverse()
        for number in order:
            yield self.holdouts[number], self._of(number)

    def last(self) -> tuple[Holdout, Evidence]:
        """The fold that was looked at last, and its evidence, which is given away."""
        evidence = self._of(self.number)
        self._evidence = None
        return self.holdouts[self.number], evidence

    def _of(self, number: int) -> Evidence:
        if self._evidence is None or number != self.number:
            self._evidence = None
            self._evidence, self.number = self.read(self.holdouts[number], self.settings), number
        return self._evidence
