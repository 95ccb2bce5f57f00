"""What each student touched, how strongly and in what order: the rows all learning starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import ABSENT, Catalogue, Events, FloatArray, IntArray, Students
from cobi.recommenders.parallel import in_order
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import (
    SignalSpace,
    moment_signals,
    places_of,
    strangeness,
    trait_rows,
    usual_rows,
    values_of,
)
from cobi.recommenders.sparse import SparseMatrix, stacked, sums

EVENTS_AT_ONCE = 250_000
"""Histories are read of so many events at a time, which stay in the processor's cache."""
MOST_PARTS = 65_000


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry per student and item, students × items."""

    touched: SparseMatrix
    """How strongly: Σ over kinds of weight · min(cap, log2(1 + Σ recency)), undamped by length."""
    last: IntArray
    """When each entry's item was touched last, in microseconds."""

    @property
    def students(self) -> int:
        return self.touched.height

    def rows(self, chosen: IntArray) -> Histories:
        """The chosen students, in the order given."""
        lengths = np.diff(self.touched.indptr)[chosen]
        starts = np.cumsum(lengths) - lengths
        place: IntArray = np.arange(int(lengths.sum())) + np.repeat(
            self.touched.indptr[chosen] - starts, lengths
        )
        return Histories(self.touched.rows(chosen), self.last[place])

    def with_rows(self, chosen: IntArray, others: Histories) -> Histories:
        """The same but for the chosen students, whose rows are those of `others`."""
        start, length = self.touched.indptr[:-1].copy(), np.diff(self.touched.indptr)
        start[chosen] = self.touched.indptr[-1] + others.touched.indptr[:-1]
        length[chosen] = np.diff(others.touched.indptr)
        before = np.cumsum(length) - length
        place: IntArray = np.arange(int(length.sum())) + np.repeat(start - before, length)
        last = np.concatenate([self.last, others.last])[place]
        return Histories(self.touched.with_rows(chosen, others.touched), last)

    def lateness(self) -> IntArray:
        """For each entry, how many of the student's other items were touched later."""
        row = self.touched.row_of_entry
        order = np.lexsort((-self.last, row))
        place = np.arange(len(order)) - self.touched.indptr[row]
        first = np.ones(len(order), np.bool_)
        first[1:] = (np.diff(row) != 0) | (np.diff(self.last[order]) != 0)
        start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        late = np.empty(len(order), np.int64)
        late[order] = place[start]
        return late


def histories_of(
    events: Events, students: int, catalogue: Catalogue, now: int, settings: Settings
) -> Histories:
    """Every known student's row; anonymous events and deeds without a rule are left out."""
    step = max(1, EVENTS_AT_ONCE * students // max(len(events), 1), -(-students // MOST_PARTS))
    mine = _dealt(events, students, step)

    def part(number: int) -> Histories:
        height = min(step, students - number * step)
        return _histories(mine(number), number * step, height, catalogue, now, settings)

    parts = list(in_order(part, range(-(-students // step))))
    touched = stacked([own.touched for own in parts], catalogue.size)
    return Histories(touched, np.concatenate([np.empty(0, np.int64), *(own.last for own in parts)]))


def _dealt(events: Events, students: int, step: int) -> Callable[[int], Events]:
    """The events of the students of each part, in the order in which they are."""
    first = np.arange(0, students + step, step)
    if (events.student[1:] >= events.student[:-1]).all():
        bounds = np.searchsorted(events.student, first)
        return lambda number: events.where(slice(bounds[number], bounds[number + 1]))
    # Anonymous ones come to part -1, and are left out. Sorting numbers of 16 bits takes a fraction of the time.
    part = (events.student // step + 1).astype(np.uint16)
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part, minlength=len(first) + 1))
    return lambda number: events.where(order[ends[number] : ends[number + 1]])


def _histories(
    events: Events, first: int, height: int, catalogue: Catalogue, now: int, settings: Settings
) -> Histories:
    """The rows of students first…first+height-1, from their events."""
    items = max(catalogue.size, 1)
    place = places_of(events.kind, catalogue.item_type[events.item], settings)
    if (place == ABSENT).any():
        events, place = events.where(place != ABSENT), place[place != ABSENT]
    cell = (events.student - first) * items + events.item
    distinct, value, last = values_of(cell, place, events.time, now, settings)
    student, item = np.divmod(distinct, items)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(student, minlength=height))])
    return Histories(SparseMatrix(indptr, item.astype(np.int32), value, catalogue.size), last)


def serving_rows(histories: Histories, settings: Settings) -> SparseMatrix:
    """x of each student: the last touched loudest, and long histories damped."""
    touched = histories.touched
    row = touched.row_of_entry
    weight = touched.data
    if settings.order_damping > 0:
        late = np.minimum(histories.lateness(), settings.order_reach)
        weight = weight / (1.0 + late) ** settings.order_damping
    total = _positive(touched.row_sums())
    shown = _positive(sums(row, weight, touched.height))
    scale = total ** (1 - settings.history_damping) / shown
    return SparseMatrix(touched.indptr, touched.indices, weight * scale[row], touched.width)


def signal_rows(
    space: SignalSpace,
    histories: Histories,
    students: Students,
    rows: IntArray,
    settings: Settings,
    moments: IntArray | None = None,
) -> SparseMatrix:
    """x of several students, with the constant signal, their traits, what is usual and when they ask, where told."""
    touched = serving_rows(histories, settings)
    strange = strangeness(histories.touched.row_sums(), settings)
    traits = trait_rows(space, students, rows)
    traits = traits.scaled(strange)
    usual = usual_rows(space, students, rows, touched.row_sums())
    every = np.arange(touched.height)
    asked = np.empty((0, 2), np.int64) if moments is None else moment_signals(space, moments)
    when = np.repeat(every[: len(asked)], 2)
    row = np.concatenate([touched.row_of_entry, every, traits.row_of_entry, usual.row_of_entry, when])
    column = np.concatenate(
        [
            touched.indices,
            np.full(len(every), space.constant),
            traits.indices + space.constant + 1,
            usual.indices + space.usual.start,
            asked.ravel(),
        ],
        dtype=np.int64,
    )
    parts = [touched.data, np.ones(len(every)), traits.data, usual.data, np.ones(len(when))]
    value = np.concatenate(parts, dtype=np.float64)
    return SparseMatrix.of_triples(row, column, value, (touched.height, space.size))


def _positive(values: FloatArray) -> FloatArray:
    return np.where(values > 0, values, 1.0)
