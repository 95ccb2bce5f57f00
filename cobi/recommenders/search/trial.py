"""One trial: some cases, their signals, and what a ranking of the held-out items is worth to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cobi.recommenders.dataset import FloatArray
from cobi.recommenders.evidence import Evidence, piece_of
from cobi.recommenders.gram import Cells
from cobi.recommenders.histories import signal_rows
from cobi.recommenders.piece import Piece, scored
from cobi.recommenders.search.folds import Folds
from cobi.recommenders.search.holdout import Holdout
from cobi.recommenders.search.judging import ranks
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, stacked

MOST_CELLS = 100_000_000
"""Of the scores that are held at once, three times: 1.2 GB."""
GRID_CASES = 700
GRID_TARGETS = 1_000
"""Each way's own numbers are chosen on so many cases, or more that hold so many targets; the weights on all."""


ONCE = ("factors", "appeal")
"""What reads a history once, and what ranks without one."""
ONE_IN_NEW = 4
"""Every fourth case is asked for as if the student had just come, where several ways tell of those."""


class Trial:
    """Some cases: what they did before, what is to be found, and what may not be ranked."""

    def __init__(self, evidence: Evidence, holdout: Holdout) -> None:
        self.evidence, self.holdout = evidence, holdout
        self.mine = evidence.histories.rows(holdout.cases)
        self.barred = self._barred()

    def value(self, scores: Cells) -> float:
        """The summed worth of rankings by these scores, cases × ranked items."""
        return float(self.values(scores).sum())

    def values(self, scores: Cells) -> FloatArray:
        """Each case's worth of a ranking by these scores."""
        shown = scores if self.barred is None else scores + self.barred
        rank = ranks(shown, self.holdout.case, self.holdout.item)
        return self.holdout.worth(rank, self.holdout.case)

    def scores(self, piece: Piece, settings: Settings, *, newcomers: bool = False) -> Cells:
        """What one way alone gives the cases."""
        return piece.scores(self.x(settings, newcomers=newcomers), self.holdout.ranked)

    def compared(self, pieces: Sequence[Piece], settings: Settings) -> list[float]:
        """What rankings by each of several pieces are worth; those of one core are scored together."""
        x = self.x(settings)
        found = [0.0] * len(pieces)
        for core in {id(piece.rows): piece.rows for piece in pieces}.values():
            alike = [number for number, piece in enumerate(pieces) if piece.rows is core]
            cells = scored([pieces[number] for number in alike], x, self.holdout.ranked)
            for number, own in zip(alike, cells, strict=True):
                found[number] = self.value(own)
        return found

    def under(self, rows: list[SparseMatrix], names: Sequence[str], settings: Settings) -> list[FloatArray]:
        """Each case's worth under each of several x, ranked by the sum of these ways, those of them that there are."""
        cells = rows[0].height * (self.holdout.ranked.stop - self.holdout.ranked.start)
        most = max(1, MOST_CELLS // max(cells, 1))
        parts = (rows[first : first + most] for first in range(0, len(rows), most))
        return [values for part in parts for values in self._together(part, names, settings)]

    def _together(
        self, rows: list[SparseMatrix], names: Sequence[str], settings: Settings
    ) -> list[FloatArray]:
        """The same of so many that their scores are held at once."""
        tall, height, ranked = stacked(rows, rows[0].width), rows[0].height, self.holdout.ranked
        starts = range(0, tall.height, height)
        total = np.zeros((tall.height, ranked.stop - ranked.start), np.float32)
        for name in names:
            piece = piece_of(name, self.evidence, settings)
            if piece is not None:
                cells = piece.scores(tall, ranked)
                for start in starts:
                    total[start : start + height] += _evened(cells[start : start + height])
        return [self.values(total[start : start + height]) for start in starts]

    def _barred(self) -> Cells | None:
        """−inf for what may not be ranked: what was known before, or what was not opened."""
        opened, ranked = self.holdout.opened, self.holdout.ranked
        if opened is not None:
            shown = np.full((len(self.holdout.cases), ranked.stop - ranked.start), -np.inf, np.float32)
            shown[opened] = 0
            return shown
        return None if self.holdout.repeating else self._seen(ranked)

    def _seen(self, ranked: slice) -> Cells:
        barred = np.zeros((len(self.holdout.cases), ranked.stop - ranked.start), np.float32)
        row, item = self.mine.touched.row_of_entry, self.mine.touched.indices
        inside = (item >= ranked.start) & (item < ranked.stop)
        barred[row[inside], item[inside] - ranked.start] = -np.inf
        return barred

    def x(self, settings: Settings, *, newcomers: bool = False) -> SparseMatrix:
        """The cases' signals; with `newcomers`, some are told of as if they had done nothing yet."""
        evidence = self.evidence
        held = self.holdout
        x = signal_rows(evidence.space, self.mine, evidence.students, held.cases, settings, held.moments)
        if not newcomers:
            return x
        asked_as_new = x.row_of_entry % ONE_IN_NEW == ONE_IN_NEW - 1
        space = evidence.space
        stays = (x.indices >= space.constant) & (
            (x.indices < space.usual.start) | (x.indices >= space.moment.start)
        )
        traits = asked_as_new & (x.indices > space.constant) & (x.indices < space.usual.start)
        value = np.where(traits, 1.0, x.data)
        return SparseMatrix(x.indptr, x.indices, value, x.width).keeping(~asked_as_new | stays)


def readers(trial: Trial, settings: Settings, otherwise: Sequence[str]) -> Sequence[str]:
    """By which ways to judge how histories are to be read: those that will read them."""
    # Among what was opened, *factors* and *appeal* are what is left of the ways in the end.
    if trial.holdout.opened is None or piece_of("factors", trial.evidence, settings) is None:
        return otherwise
    return ONCE


def some_of(evidence: Evidence, holdout: Holdout, folds: Folds) -> Trial:
    """Some of the cases, of all folds together so many; they are in no particular order."""
    most = GRID_CASES
    if holdout.opened is None:
        most = max(most, GRID_TARGETS * len(holdout.cases) // max(len(holdout.item), 1))
    chosen = np.arange(len(holdout.cases)) < most / len(folds)
    return Trial(evidence, holdout.some(chosen))


def _evened(scores: Cells) -> Cells:
    """The scores over their spread."""
    spread = float(scores.std())
    return scores / spread if spread > 0 else scores
