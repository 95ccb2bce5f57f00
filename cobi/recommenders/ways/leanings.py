"""How far those who opened an offer lean towards it, as all they did and who they are tell.

Who opens an offer likes it better than others do, and the more its shop divides opinions, the more so. What a code
after a view tells of the offer itself is what is left of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, EventKind, Events, FloatArray, IntArray, Students
from cobi.recommenders.histories import Histories, signal_rows
from cobi.recommenders.parallel import in_order, spans
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.spacing import evenly
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.ways.factors import OfUnits

MOST_STUDENTS = 25_000
"""Leanings are told of so many."""
ROWS_AT_ONCE = 1_000
STEPS = 3
"""Of Newton's."""


@dataclass(frozen=True, slots=True)
class Leanings:
    """Of each student and offer that they opened: offers are numbered from 0."""

    offer: IntArray
    views: FloatArray
    codes: FloatArray
    leaning: FloatArray
    """In logits of what is chosen."""
    offers: int

    def mean(self) -> FloatArray:
        """Of those who opened each offer; of all where nobody is known to have."""
        many = sums(self.offer, self.views, self.offers)
        total = sums(self.offer, self.views * self.leaning, self.offers)
        return np.where(many > 0, total / np.maximum(many, 1e-12), total.sum() / max(many.sum(), 1e-12))

    def worth(self, eta: FloatArray) -> float:
        """By how many logits a leaning of one makes a code likelier, among those who opened the same offer.

        `eta` are the logits of a code after a view of each offer.
        """
        beyond, slope = self.leaning - self.mean()[self.offer], 0.0
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-eta[self.offer] - slope * beyond))
            rise = float(((self.codes - self.views * chance) * beyond).sum())
            curve = float((self.views * chance * (1 - chance) * beyond**2).sum()) + 1
            slope += rise / curve
        return slope


def leanings(
    space: SignalSpace,
    catalogue: Catalogue,
    events: Events,
    students: Students,
    histories: Histories,
    settings: Settings,
    ways: OfUnits,
) -> Leanings:
    """As these ways tell, each of some students' own history and traits."""
    offers = catalogue.of_type(ItemType.OFFER)
    views, codes = (
        _opened(events, kind, students.size, offers)
        for kind in (EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE)
    )
    met = views + codes
    some = evenly(np.flatnonzero(np.diff(met.indptr)), MOST_STUDENTS)
    met, codes = met.rows(some), codes.rows(some)
    revealed = np.zeros(len(met.data))
    revealed[np.searchsorted(_cells(met), _cells(codes))] = codes.data
    of_offer, units = ways.unit[offers], slice(0, int(ways.unit.max(initial=ABSENT)) + 1)

    def told(span: tuple[int, int]) -> FloatArray:
        mine, part = some[slice(*span)], met.row_range(*span)
        x = signal_rows(space, histories.rows(mine), students, mine, settings)
        cells = np.asarray(sum(piece.scores(x, units) for piece in ways.pieces), np.float64)
        column = of_offer[part.indices]
        return np.where(column == ABSENT, 0.0, cells[part.row_of_entry, column])

    leaning = np.concatenate([np.empty(0), *in_order(told, spans(len(some), ROWS_AT_ONCE))])
    # A code that came without a view had one.
    seen = np.maximum(met.data.astype(np.float64) - revealed, revealed)
    return Leanings(met.indices.astype(np.int64), seen, revealed, leaning, met.width)


def _cells(matrix: SparseMatrix) -> IntArray:
    """The number of each entry's cell, ascending."""
    return matrix.row_of_entry * matrix.width + matrix.indices


def _opened(events: Events, kind: EventKind, students: int, offers: slice) -> SparseMatrix:
    """How often each student did so with each offer."""
    inside = (events.item >= offers.start) & (events.item < offers.stop)
    own = events.where((events.kind == kind) & (events.student >= 0) & inside)
    shape = students, offers.stop - offers.start
    return SparseMatrix.of_triples(own.student, own.item - offers.start, np.ones(len(own)), shape)
