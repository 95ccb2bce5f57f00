"""Signals x: what a student touched and who they are, as one sparse row; the same code trains and serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    ABSENT,
    Catalogue,
    FloatArray,
    IntArray,
    KindArray,
    Students,
    Trait,
)
from cobi.recommenders.settings import Deed, Settings, SignalRule
from cobi.recommenders.sparse import SparseMatrix, sums

MICROSECONDS_PER_DAY = 86_400_000_000
MOMENT = "moment"
"""The way that learns of weekdays and hours; where it is not used, x has none of their signals."""
WEEKDAYS, BANDS = 7, 6
"""The day in six parts of four hours each, from midnight UTC."""
_KINDS = np.iinfo(np.int8).max + 1


@dataclass(frozen=True, slots=True)
class SignalName:
    """What a signal is: an item (its row in the catalogue), the constant signal, a trait's code, or how much is usual.

    `usual` stands for all that was touched, by a student of the region whose code it has, if any; a weekday (Monday 0)
    or a part of the day for the moment of asking (UTC).
    """

    item: int | None = None
    trait: Trait | None = None
    code: int | None = None
    usual: bool = False
    weekday: int | None = None
    band: int | None = None


@dataclass(frozen=True, slots=True)
class SignalSpace:
    """The signals' numbering: the catalogue's items, the constant one, each trait's codes, what is usual, the moment.

    What is usual has a signal for each region, since lists are filtered by it, and first one for students of none.
    """

    item_type: NDArray[np.int8]
    """Of each of the catalogue's items."""
    traits: Mapping[Trait, IntArray]
    """The known codes of each trait, ascending."""
    usual: range = field(init=False, repr=False)
    """The signals of what is usual: of no known region, and of each region."""
    moment: range = field(init=False, repr=False)
    """The signals of weekdays, then those of parts of the day."""
    _trait_signals: Mapping[Trait, Mapping[int, int]] = field(init=False, repr=False)
    """Each trait's signals by their codes."""

    def __post_init__(self) -> None:
        start, signals = self.items + 1, dict[Trait, Mapping[int, int]]()
        for trait, codes in self.traits.items():
            signals[trait] = dict(zip(codes.tolist(), range(start, start + len(codes)), strict=True))
            start += len(codes)
        usual = range(start, start + 1 + len(self.traits.get(Trait.REGION, ())))
        object.__setattr__(self, "_trait_signals", signals)
        object.__setattr__(self, "usual", usual)
        object.__setattr__(self, "moment", range(usual.stop, usual.stop + WEEKDAYS + BANDS))

    @property
    def items(self) -> int:
        return len(self.item_type)

    @property
    def constant(self) -> int:
        return self.items

    @property
    def size(self) -> int:
        return self.moment.stop

    def usual_of(self, region: int | None) -> int:
        """The signal of what is usual with students of a region."""
        own = None if region is None else self.of_trait(Trait.REGION, region)
        return self.usual.start + (0 if own is None else 1 + own - self.signals_of(Trait.REGION).start)

    def of_trait(self, trait: Trait, code: int) -> int | None:
        """The signal of a trait's code, None where training saw no such code."""
        return self._trait_signals.get(trait, {}).get(code)

    def signals_of(self, trait: Trait) -> range:
        """The signals of a known trait's codes."""
        start = self.items + 1
        for known, codes in self.traits.items():
            if known == trait:
                return range(start, start + len(codes))
            start += len(codes)
        return range(start, start)

    def name(self, signal: int) -> SignalName:
        """What the signal stands for."""
        if signal < self.items:
            return SignalName(item=signal)
        place = signal - self.items - 1
        for trait, codes in self.traits.items():
            if 0 <= place < len(codes):
                return SignalName(trait=trait, code=int(codes[place]))
            place -= len(codes)
        if place < 0:
            return SignalName()
        if signal >= self.moment.start:
            part = signal - self.moment.start
            return SignalName(weekday=part) if part < WEEKDAYS else SignalName(band=part - WEEKDAYS)
        regions = self.traits.get(Trait.REGION)
        if place == 0 or regions is None:
            return SignalName(usual=True)
        return SignalName(trait=Trait.REGION, code=int(regions[place - 1]), usual=True)


@dataclass(frozen=True, slots=True)
class Signals:
    """One sparse row x: signal indices, ascending, and their values."""

    index: IntArray
    value: FloatArray


def space_of(catalogue: Catalogue, students: Students) -> SignalSpace:
    """The signals that this catalogue and these students give rise to."""
    known = {trait: np.unique(codes[codes >= 0]) for trait, codes in sorted(students.traits.items())}
    return SignalSpace(catalogue.item_type, known)


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
    place = places_of(kinds, space.item_type[items], settings)
    known = place != ABSENT
    index, value, last = values_of(items[known], place[known], times[known], now, settings)
    total = value.sum()
    if total > 0:
        later = len(last) - np.searchsorted(np.sort(last), last, side="right")
        value = value / (1.0 + np.minimum(later, settings.order_reach)) ** settings.order_damping
        value *= total ** (1 - settings.history_damping) / value.sum()
    standing = standing_signals(space, traits or {})
    indices, values = [index, standing], [value, _standing_values(space, standing, total, settings)]
    if value.any():
        indices.append(np.array([space.usual_of((traits or {}).get(Trait.REGION))]))
        values.append(value.sum(keepdims=True))
    if settings.weights.get(MOMENT, 0.0) > 0:
        indices.append(moment_signals(space, np.array([now]))[0])
        values.append(np.ones(2))
    return Signals(np.concatenate(indices), np.concatenate(values))


def standing_signals(space: SignalSpace, traits: Mapping[Trait, int]) -> IntArray:
    """The signals that hold whatever the student does: the constant one and the known traits."""
    found = (space.of_trait(trait, code) for trait, code in traits.items())
    return np.array([space.constant, *sorted(signal for signal in found if signal is not None)], np.int64)


def _standing_values(
    space: SignalSpace, standing: IntArray, touched: float, settings: Settings
) -> FloatArray:
    return np.where(standing == space.constant, 1.0, strangeness(np.array([touched]), settings)[0])


def strangeness(touched: FloatArray, settings: Settings) -> FloatArray:
    """How much who students are counts, 1…0, of those who touched so much: as a prior beside what was observed."""
    return settings.acquaintance / (settings.acquaintance + touched)


def trait_rows(space: SignalSpace, students: Students, rows: IntArray) -> SparseMatrix:
    """1 where a student is known to be so: the chosen students × all traits' codes."""
    row, column, first = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for trait, codes in space.traits.items():
        own = students.traits[trait][rows]
        known = np.flatnonzero(np.isin(own, codes))
        row.append(known)
        column.append(first + np.searchsorted(codes, own[known]))
        first += len(codes)
    places = np.concatenate(row)
    return SparseMatrix.of_triples(places, np.concatenate(column), np.ones(len(places)), (len(rows), first))


def moment_signals(space: SignalSpace, moments: IntArray) -> IntArray:
    """The signals of these moments' weekdays and parts of the day: moments × 2."""
    days, rest = np.divmod(moments, MICROSECONDS_PER_DAY)
    # The first of January 1970 was a Thursday.
    weekday, band = (days + 3) % WEEKDAYS, rest * BANDS // MICROSECONDS_PER_DAY
    return space.moment.start + np.stack([weekday, WEEKDAYS + band], axis=1)


def usual_rows(space: SignalSpace, students: Students, rows: IntArray, touched: FloatArray) -> SparseMatrix:
    """How much each of the chosen students has touched, under the signal of their region: students × what is usual."""
    codes = space.traits.get(Trait.REGION)
    column = np.zeros(len(rows), np.int64)
    if codes is not None:
        own = students.traits[Trait.REGION][rows]
        column = np.where(np.isin(own, codes), 1 + np.searchsorted(codes, own), 0)
    some = np.flatnonzero(touched)
    return SparseMatrix.of_triples(some, column[some], touched[some], (len(rows), len(space.usual)))


def of_segment(members: Sequence[Signals]) -> Signals:
    """A segment's x: the mean of its members'."""
    if not members:
        return Signals(np.empty(0, np.int64), np.empty(0))
    index, place = np.unique(np.concatenate([member.index for member in members]), return_inverse=True)
    total = sums(place, np.concatenate([member.value for member in members]), len(index))
    return Signals(index, total / len(members))


def recency(times: IntArray, now: int, half_life_days: FloatArray | float | None) -> FloatArray:
    """How much an event of each time still counts, 0…1; one from the future counts whole.

    None, and an infinite half-life: age does not matter.
    """
    if half_life_days is None:
        return np.ones(len(times))
    age_days = np.maximum(now - times, 0) / MICROSECONDS_PER_DAY
    return np.exp2(-age_days / half_life_days)


def places_of(kinds: KindArray, item_types: NDArray[np.int8], settings: Settings) -> IntArray:
    """The line of the table of each deed, -1 for those that have none."""
    return _rules_of(settings).place[kinds, item_types]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The table as arrays: by kind and item type, its lines; by line, what it says."""

    place: IntArray
    weight: FloatArray
    cap: FloatArray
    half_life: FloatArray
    """In days; infinite where age does not matter."""
    fades: bool
    """Whether age matters anywhere."""


_MOST_TABLES = 64
_tables: dict[int, tuple[Mapping[Deed, SignalRule], _Rules]] = {}


def _rules_of(settings: Settings) -> _Rules:
    """Those of a table, which is known by its identity: to hash one takes as long as to make x."""
    table = settings.signals
    known = _tables.get(id(table))
    if known is None or known[0] is not table:
        if len(_tables) >= _MOST_TABLES:
            _tables.clear()
        known = _tables[id(table)] = (table, _rules(table))
    return known[1]


def _rules(table: Mapping[Deed, SignalRule]) -> _Rules:
    ordered = sorted(table.items())
    place = np.full((_KINDS, max(ItemType) + 1), ABSENT, np.int64)
    for number, ((kind, item_type), _) in enumerate(ordered):
        place[kind, item_type] = number
    half_lives = [np.inf if rule.half_life_days is None else rule.half_life_days for _, rule in ordered]
    return _Rules(
        place,
        np.array([rule.weight for _, rule in ordered], np.float64),
        np.array([rule.cap for _, rule in ordered], np.float64),
        np.array(half_lives, np.float64),
        bool(np.isfinite(half_lives).any()),
    )


def values_of(
    cells: IntArray, places: IntArray, times: IntArray, now: int, settings: Settings
) -> tuple[IntArray, FloatArray, IntArray]:
    """The distinct cells, ascending, each one's summed values by the table's lines (`places`), and its latest time."""
    if len(cells) == 0:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    rules = _rules_of(settings)
    many = len(rules.weight)
    pairs = cells * many + places
    pairs, order = _sorted(pairs)
    first = _starts(pairs)
    if rules.fades:
        total = np.add.reduceat(recency(times, now, rules.half_life[places])[order], first)
    else:
        total = np.diff(first, append=len(pairs))
    pairs = pairs[first]
    owner = pairs // many
    place = pairs - owner * many
    value = rules.weight[place] * np.minimum(rules.cap[place], np.log2(1 + total))
    cell = _starts(owner)
    return owner[cell], np.add.reduceat(value, cell), np.maximum.reduceat(times[order], first[cell])


FEW = 5_000
"""Of so few numbers it does not matter how they are sorted."""
_BITS = 63


def _sorted(numbers: IntArray) -> tuple[IntArray, IntArray]:
    """The numbers (≥ 0) ascending, and where each was, equals in the order in which they were."""
    place = len(numbers).bit_length()
    if len(numbers) <= FEW or int(numbers.max()).bit_length() + place > _BITS:
        order = numbers.argsort(kind="stable")
        return numbers[order], order
    # Each with its place in one number: whatever sorts these is stable, and the quickest way may be taken.
    both = (numbers << place) | np.arange(len(numbers))
    both.sort()
    return both >> place, both & ((1 << place) - 1)


def _starts(ordered: IntArray) -> IntArray:
    """Where each value begins, of at least one in their order."""
    changed = np.empty(len(ordered), np.bool_)
    changed[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changed[1:])
    return changed.nonzero()[0]
