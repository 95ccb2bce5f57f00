"""Signals x: what a student touched and who they are, as one sparse row; the same code trains and serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import (
    ANONYMOUS,
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    KindArray,
    Students,
    Trait,
)
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix, sums

MICROSECONDS_PER_DAY = 86_400_000_000
KINDS = tuple(EventKind)


@dataclass(frozen=True, slots=True)
class SignalName:
    """What a signal is: an item (its row in the catalogue), the constant signal, or a trait's code."""

    item: int | None = None
    trait: Trait | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class SignalSpace:
    """The signals' numbering: the catalogue's items, then the constant signal, then each trait's codes."""

    items: int
    traits: Mapping[Trait, IntArray]
    """The known codes of each trait, ascending."""

    @property
    def constant(self) -> int:
        return self.items

    @property
    def size(self) -> int:
        return self.items + 1 + sum(len(codes) for codes in self.traits.values())

    def of_trait(self, trait: Trait, code: int) -> int | None:
        """The signal of a trait's code, None where training saw no such code."""
        start = self.items + 1
        for known, codes in self.traits.items():
            if known == trait:
                place = int(np.searchsorted(codes, code))
                return start + place if place < len(codes) and codes[place] == code else None
            start += len(codes)
        return None

    def name(self, signal: int) -> SignalName:
        """What the signal stands for."""
        if signal < self.items:
            return SignalName(item=signal)
        place = signal - self.items - 1
        for trait, codes in self.traits.items():
            if 0 <= place < len(codes):
                return SignalName(trait=trait, code=int(codes[place]))
            place -= len(codes)
        return SignalName()


@dataclass(frozen=True, slots=True)
class Signals:
    """One sparse row x: signal indices, ascending, and their values."""

    index: IntArray
    value: FloatArray


def space_of(catalogue: Catalogue, students: Students) -> SignalSpace:
    """The signals that this catalogue and these students give rise to."""
    known = {trait: np.unique(codes[codes >= 0]) for trait, codes in sorted(students.traits.items())}
    return SignalSpace(catalogue.size, known)


def of_history(
    space: SignalSpace,
    settings: Settings,
    items: IntArray,
    kinds: KindArray,
    times: IntArray,
    now: int,
    traits: Mapping[Trait, int] | None = None,
) -> Signals:
    """One student's x from their events, known items only, at `now` (microseconds UTC), and who they are."""
    known = np.isin(kinds, list(settings.signals))
    items, kinds, times = items[known], kinds[known], times[known]
    index, value = _touches(items, kinds, times, now, settings)
    if value.sum() > 0:
        later = np.minimum(_newer(items, times), settings.order_reach)
        total, value = value.sum(), value / (1 + later) ** settings.order_damping
        value *= total ** (1 - settings.history_damping) / value.sum()
    standing = standing_signals(space, traits or {})
    return Signals(np.concatenate([index, standing]), np.concatenate([value, np.ones(len(standing))]))


def standing_signals(space: SignalSpace, traits: Mapping[Trait, int]) -> IntArray:
    """The signals that hold whatever the student does: the constant one and the known traits."""
    found = (space.of_trait(trait, code) for trait, code in traits.items())
    return np.array([space.constant, *sorted(signal for signal in found if signal is not None)], np.int64)


def of_segment(members: Sequence[Signals]) -> Signals:
    """A segment's x: the mean of its members'."""
    if not members:
        return Signals(np.empty(0, np.int64), np.empty(0))
    index, place = np.unique(np.concatenate([member.index for member in members]), return_inverse=True)
    total = sums(place, np.concatenate([member.value for member in members]), len(index))
    return Signals(index, total / len(members))


def touches(
    catalogue: Catalogue, events: Events, students: Students, now: int, settings: Settings
) -> SparseMatrix:
    """All students' signals for items, students × items, undamped by length; anonymous ones left out."""
    told = np.isin(events.kind, list(settings.signals))
    known = events.where((events.student != ANONYMOUS) & told)
    cell = known.student * catalogue.size + known.item
    cell, value = _touches(cell, known.kind, known.time, now, settings)
    student, item = np.divmod(cell, max(catalogue.size, 1))
    return SparseMatrix.of_triples(student, item, value, (students.size, catalogue.size))


def recency(times: IntArray, now: int, half_life_days: float | None) -> FloatArray:
    """How much an event of each time still counts, 0…1; one from the future counts whole."""
    if half_life_days is None:
        return np.ones(len(times))
    age_days = np.maximum(now - times, 0) / MICROSECONDS_PER_DAY
    return np.exp2(-age_days / half_life_days)


def _touches(
    cells: IntArray, kinds: KindArray, times: IntArray, now: int, settings: Settings
) -> tuple[IntArray, FloatArray]:
    """The distinct cells, ascending, and each one's summed rule values; every kind must have its rule."""
    told = np.array(sorted(settings.signals), np.int64)
    rules = [settings.signals[EventKind(kind)] for kind in told]
    place = np.searchsorted(told, kinds)
    fresh = np.ones(len(cells))
    for number, rule in enumerate(rules):
        if rule.half_life_days is not None:
            own = place == number
            fresh[own] = recency(times[own], now, rule.half_life_days)
    pair, total = _summed(cells * max(len(rules), 1) + place, fresh)
    cell, place = np.divmod(pair, max(len(rules), 1))
    weight, cap = np.array([rule.weight for rule in rules]), np.array([rule.cap for rule in rules])
    return _summed(cell, weight[place] * np.minimum(cap[place], np.log2(1 + total)))


def _newer(items: IntArray, times: IntArray) -> IntArray:
    """For each distinct item, ascending: how many others were touched later than it last was."""
    distinct, place = np.unique(items, return_inverse=True)
    latest = np.full(len(distinct), np.iinfo(np.int64).min)
    np.maximum.at(latest, place, times)
    return len(distinct) - np.searchsorted(np.sort(latest), latest, side="right")


def _summed(cells: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
    distinct, place = np.unique(cells, return_inverse=True)
    return distinct, sums(place, values, len(distinct))
