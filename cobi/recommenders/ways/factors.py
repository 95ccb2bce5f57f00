"""Factors: where items lie among students' tastes, learned of their choices, and what is a group's own in those.

Shops with their offers, and what belongs to no shop by itself, are the units of a multinomial logit with latent factors
and a liking for each unit by itself (`choices.py`). Histories are read by it as `likings.py` tells, as exact sums: with
z = x · told, what was touched of each unit beyond the usual, B = told · (own + V R Vᵀ), and some more of own for the
very offer. *Background* is γ Λᵀ: of institutes, courses, regions … what is their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray, IntArray, Label, Students
from cobi.recommenders.gram import BLOCK_CELLS, Cells
from cobi.recommenders.parallel import spans
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, trait_rows, usual_rows
from cobi.recommenders.spacing import evenly
from cobi.recommenders.sparse import SparseMatrix, stacked, sums
from cobi.recommenders.ways.attributes import characteristics, touched_most
from cobi.recommenders.ways.choices import (
    RANK,
    Crowd,
    Logit,
    learned,
    observed,
    usual_shares,
)
from cobi.recommenders.ways.groups import told_apart
from cobi.recommenders.ways.likings import Reading, read

FEWEST_UNITS = 20
MOST_UNITS = 1_000
"""Those touched most; the others have no factors."""
FEWEST_CARRIERS = 2
MOST_ATTRIBUTES = 1_000
"""Of what units carry, that which is touched most."""
FEWEST_STUDENTS = 100
MOST_STUDENTS = 2_500
"""The loadings are learned of so many."""
MOST_TOLD_APART = 25_000
"""Whose the tastes are is learned of so many."""
ROWS_AT_ONCE = 2_000
TOGETHER = 1.6
"""Touches of a unit come together: so many say as much as one by itself."""
SINGLE = 0.5
"""How much likings of single offers of a shop vary beside those of all of them."""
TYPICAL = 40.0
"""How much was touched, in histories that are read best."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Where units lie among the tastes, how histories are read by that, and what groups of students prefer."""

    unit: IntArray
    """Of each item its unit, -1 for none."""
    membership: SparseMatrix
    """items × units: how much each touch counts for its unit."""
    loadings: FloatArray
    """Λ, units × factors."""
    reading: Reading
    usual: FloatArray
    """What is touched of each unit for each touch of anything: homes × units."""
    groups: FloatArray
    """γ, all traits' codes × factors."""

    @property
    def units(self) -> int:
        return len(self.loadings)


@dataclass(frozen=True, slots=True)
class OfUnits:
    """Several B over units."""

    pieces: Sequence[Piece]
    unit: IntArray
    """That of each item, -1 for none, of which nothing is said."""


@dataclass(frozen=True, slots=True)
class _Choices:
    """How much was touched of each unit, and who did."""

    space: SignalSpace
    students: Students
    touched: SparseMatrix
    membership: SparseMatrix
    """items × units: how much each touch counts for its unit."""
    home: SparseMatrix
    """1 for the signal of what is usual with each student who did something."""

    def crowd(self, chosen: IntArray) -> Crowd:
        own = self.touched.rows(chosen).dense_product(self.membership).astype(np.float32)
        home = self.home.rows(chosen).stored_as(np.float32)
        return Crowd(own, own.sum(axis=1, dtype=np.float64), home)

    def traits(self, chosen: IntArray) -> list[SparseMatrix]:
        """1 where a student is known to be so: for each trait, the chosen students × its codes."""
        every, first = trait_rows(self.space, self.students, chosen).transposed(), 0
        found: list[SparseMatrix] = []
        for codes in self.space.traits.values():
            found.append(every.row_range(first, first + len(codes)).transposed())
            first += len(codes)
        return found


def factors(
    space: SignalSpace, catalogue: Catalogue, touched: SparseMatrix, students: Students
) -> Factors | None:
    """Learn them; None where there are too few units or students."""
    unit, kept = _units(catalogue, touched.column_sums())
    known = np.flatnonzero(unit != ABSENT)
    shape = catalogue.size, len(kept)
    membership = SparseMatrix.of_triples(known, unit[known], np.full(len(known), 1 / TOGETHER), shape)
    total = touched.times(membership.row_sums())
    active = np.flatnonzero(total)
    if len(kept) < FEWEST_UNITS or len(active) < FEWEST_STUDENTS:
        return None
    home = usual_rows(space, students, np.arange(students.size), total)
    choices = _Choices(space, students, touched, membership, home.pattern())
    at_home = ((choices.home.transposed() @ touched) @ membership).dense().astype(np.float64)
    usual = usual_shares(at_home, at_home.sum(axis=0))
    some = evenly(active, MOST_STUDENTS)
    carried = _carried(catalogue, kept, at_home.sum(axis=0))
    logit = learned(choices.crowd(some), choices.traits(some), usual, carried)
    reading = read(logit, usual, at_home.sum(axis=1), TYPICAL / TOGETHER)
    of_anything = choices.home.transposed().times(touched.row_sums())
    usual *= (at_home.sum(axis=1) / np.maximum(of_anything, 1e-12))[:, None]
    return Factors(unit, membership, logit.loadings, reading, usual, _groups(choices, active, logit))


def tendencies(space: SignalSpace, known: Factors, settings: Settings) -> Piece:
    """B of what was touched, and of what is usual."""
    piece = _tending(space, known, settings)
    return _of_items(piece, known, _singly(space, known, settings, len(piece.signals)))


def backgrounds(space: SignalSpace, known: Factors) -> Piece:
    """B of who students are."""
    piece = _grown(space, known)
    return _of_items(piece, known, np.zeros(len(piece.signals)))


def _singly(space: SignalSpace, known: Factors, settings: Settings, signals: int) -> FloatArray:
    """What a touch of an offer says of this very offer, beside all of its unit; of each signal."""
    alike = np.bincount(known.unit[known.unit != ABSENT], minlength=known.units)
    several = (known.unit != ABSENT) & (alike[known.unit] > 1) & (space.item_type == ItemType.OFFER)
    own = SINGLE * known.reading.own[known.unit] * TYPICAL**settings.history_damping / TOGETHER
    return np.pad(np.where(several, own, 0.0), (0, signals - len(known.unit)))


def of_units(space: SignalSpace, known: Factors, settings: Settings) -> OfUnits:
    """Both of them, where anything is known of who students are, of units instead of items."""
    told = [_grown(space, known)] if space.traits else []
    return OfUnits([_tending(space, known, settings), *told], known.unit)


def _tending(space: SignalSpace, known: Factors, settings: Settings) -> Piece:
    reading = known.reading
    told = stacked([known.membership, SparseMatrix.of_dense(-known.usual)], known.units)
    told = told.scaled(np.full(told.height, TYPICAL**settings.history_damping))
    signals = np.concatenate([np.arange(space.items), np.array(space.usual)])
    itself = told.scaled(columns=reading.own)
    return _through(signals, told.times(reading.damped @ reading.inner), reading.damped, itself)


def _grown(space: SignalSpace, known: Factors) -> Piece:
    signals = np.arange(space.constant + 1, space.usual.start)
    return _through(signals, known.groups, known.loadings, SparseMatrix.empty(len(signals), known.units))


def _through(signals: IntArray, leading: FloatArray, loadings: FloatArray, itself: SparseMatrix) -> Piece:
    """leading · loadingsᵀ + itself, of units."""
    led, falling = leading.astype(np.float32), np.ascontiguousarray(loadings.T, np.float32)
    itself = itself.stored_as(np.float32)

    def rows(first: int, last: int) -> Cells:
        return led[first:last] @ falling + itself.row_range(first, last).dense()

    def chain(x: SparseMatrix) -> Cells:
        x = x.stored_as(np.float32)
        return x.times(led) @ falling + x.dense_product(itself)

    units: IntArray = np.arange(len(loadings))
    return Piece(signals, units, rows, max(1, BLOCK_CELLS // max(len(units), 1)), chain=chain)


def _of_items(piece: Piece, known: Factors, singly: FloatArray) -> Piece:
    """What is of units, of all their items; and `singly` of each item that is a signal."""
    itself, items = singly.astype(np.float32), np.arange(len(known.unit))
    one_each = SparseMatrix.identity(len(itself))

    def shared(cells: Cells, x: SparseMatrix) -> Cells:
        # One unit more, of which nothing is said: that of the items that have none.
        cells = np.concatenate([cells, np.zeros((len(cells), 1), np.float32)], axis=1)[:, known.unit]
        told = np.flatnonzero(itself[x.indices])
        item = x.indices[told]
        cells[x.row_of_entry[told], item] += x.data[told].astype(np.float32) * itself[item]
        return cells

    def rows(first: int, last: int) -> Cells:
        return shared(np.asarray(piece.rows(first, last)), one_each.row_range(first, last))

    applied = piece.chain
    assert applied is not None
    at_once = max(1, BLOCK_CELLS // max(len(items), 1))
    return Piece(piece.signals, items, rows, at_once, chain=lambda x: shared(applied(x), x))


def _carried(catalogue: Catalogue, units: IntArray, touched: FloatArray) -> list[FloatArray]:
    """1 for what units carry, of that which several do what is touched most: of each family, units × attributes."""
    every, family = characteristics(catalogue, [Label.CATEGORY])
    mine = every.rows(units)
    chosen = touched_most(mine, touched, FEWEST_CARRIERS, MOST_ATTRIBUTES)
    several: list[FloatArray] = []
    for own in np.unique(family[chosen]):
        column = chosen[family[chosen] == own]
        number = np.full(mine.width, ABSENT, np.int64)
        number[column] = np.arange(len(column))
        several.append(mine.columns_renumbered(number, len(column)).dense().astype(np.float64))
    return several


def _units(catalogue: Catalogue, touched: FloatArray) -> tuple[IntArray, IntArray]:
    """Of each item the number of its unit, -1 for none; and the item that each unit is named by, its shop if any."""
    chosen, shop = np.isin(catalogue.item_type, (ItemType.OFFER, ItemType.SHOP)), catalogue.shops()
    unit = np.where(shop != ABSENT, shop, np.where(chosen, np.arange(catalogue.size), ABSENT))
    strength = sums(unit[chosen], touched[chosen], catalogue.size)
    kept = np.argsort(-strength, kind="stable")[:MOST_UNITS]
    kept = np.sort(kept[strength[kept] > 0])
    # One place more, for items of no unit.
    number = np.full(catalogue.size + 1, ABSENT, np.int64)
    number[kept] = np.arange(len(kept))
    return number[unit], kept


def _groups(choices: _Choices, active: IntArray, logit: Logit) -> FloatArray:
    """γ of every trait's codes, from all students' tastes; codes × factors."""
    if not choices.space.traits:
        return np.zeros((0, RANK))
    some = evenly(active, MOST_TOLD_APART)
    parts = [observed(choices.crowd(some[slice(*span)]), logit) for span in spans(len(some), ROWS_AT_ONCE)]
    seen, surely = (np.concatenate(values) for values in zip(*parts, strict=True))
    return np.concatenate(told_apart(choices.traits(some), seen, surely).own)
