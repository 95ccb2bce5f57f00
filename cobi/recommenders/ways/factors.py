"""Factors: where items lie among students' tastes, learned of their choices, and what is a group's own in those.

Shops with their offers, and what belongs to no shop by itself, are the units of a multinomial logit with latent factors
(`choices.py`). To be exact sums, histories are read by it to first order around what is usual, as `taste` reads them:
with Λ the items' loadings, W their covariance among what is usual, and z what was touched beyond that,

    θ = (L W + I)^-1 Λᵀ z,     scores = Λ θ,

at a typical length of history L. *Background* is γ Λᵀ: of institutes, courses, regions … what is their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray, IntArray, Students
from cobi.recommenders.gram import BLOCK_CELLS, Cells
from cobi.recommenders.parallel import spans
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, trait_rows, usual_rows
from cobi.recommenders.spacing import evenly
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.ways.choices import (
    RANK,
    Crowd,
    Logit,
    learned,
    observed,
    told_apart,
    usual_shares,
)

FEWEST_UNITS = 20
MOST_UNITS = 1_000
"""Those touched most; the others have no factors."""
FEWEST_STUDENTS = 100
MOST_STUDENTS = 3_000
"""The loadings are learned of so many."""
MOST_TOLD_APART = 25_000
"""Whose the tastes are is learned of so many."""
ROWS_AT_ONCE = 2_000
TOGETHER = 1.6
"""Touches of a unit come together: so many say as much as one by itself."""
TYPICAL = 40.0
"""How much was touched, in histories that are read best."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Where items lie among the tastes, and what groups of students prefer."""

    loadings: FloatArray
    """Λ, items × factors; 0 for items of no unit."""
    usual: FloatArray
    """Λ of what is usual, signals of that × factors."""
    weight: FloatArray
    """W, factors × factors."""
    groups: FloatArray
    """γ, all traits' codes × factors."""


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
    unit, many = _units(catalogue, touched.column_sums())
    known = np.flatnonzero(unit != ABSENT)
    shape = catalogue.size, many
    membership = SparseMatrix.of_triples(known, unit[known], np.full(len(known), 1 / TOGETHER), shape)
    total = touched.times(membership.row_sums())
    active = np.flatnonzero(total)
    if many < FEWEST_UNITS or len(active) < FEWEST_STUDENTS:
        return None
    home = usual_rows(space, students, np.arange(students.size), total)
    choices = _Choices(space, students, touched, membership, home.pattern())
    at_home = ((choices.home.transposed() @ touched) @ membership).dense().astype(np.float64)
    usual = usual_shares(at_home, at_home.sum(axis=0))
    some = evenly(active, MOST_STUDENTS)
    logit = learned(choices.crowd(some), choices.traits(some), usual)
    loadings = np.zeros((catalogue.size, RANK))
    loadings[known] = logit.loadings[unit[known]]
    weight = _covariance(logit.loadings, usual, choices.home.column_sums())
    return Factors(loadings, usual @ logit.loadings, weight, _groups(choices, active, logit))


def tendencies(space: SignalSpace, known: Factors, settings: Settings) -> Piece:
    """B of what was touched, and of what is usual."""
    inner = np.linalg.inv(TYPICAL / TOGETHER * known.weight + np.eye(RANK))
    inner *= TYPICAL**settings.history_damping / TOGETHER
    leading = np.concatenate([known.loadings, -known.usual]) @ inner
    return _through(np.concatenate([np.arange(space.items), np.array(space.usual)]), leading, known)


def backgrounds(space: SignalSpace, known: Factors) -> Piece:
    """B of who students are."""
    return _through(np.arange(space.constant + 1, space.usual.start), known.groups, known)


def _through(signals: IntArray, leading: FloatArray, known: Factors) -> Piece:
    """leading · Λᵀ."""
    led, loadings = leading.astype(np.float32), np.ascontiguousarray(known.loadings.T, np.float32)

    def rows(first: int, last: int) -> Cells:
        return led[first:last] @ loadings

    def chain(x: SparseMatrix) -> Cells:
        return x.stored_as(np.float32).times(led) @ loadings

    items: IntArray = np.arange(len(known.loadings))
    return Piece(signals, items, rows, max(1, BLOCK_CELLS // max(len(items), 1)), chain=chain)


def _units(catalogue: Catalogue, touched: FloatArray) -> tuple[IntArray, int]:
    """Of each item the number of its unit, and how many there are."""
    chosen = np.isin(catalogue.item_type, (ItemType.OFFER, ItemType.SHOP))
    unit = np.where(chosen, np.arange(catalogue.size), ABSENT)
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    of_shop = chosen[child] & (catalogue.item_type[parent] == ItemType.SHOP)
    unit[child[of_shop]] = parent[of_shop]
    strength = sums(unit[chosen], touched[chosen], catalogue.size)
    kept = np.argsort(-strength, kind="stable")[:MOST_UNITS]
    kept = np.sort(kept[strength[kept] > 0])
    # One place more, for items of no unit.
    number = np.full(catalogue.size + 1, ABSENT, np.int64)
    number[kept] = np.arange(len(kept))
    return number[unit], len(kept)


def _groups(choices: _Choices, active: IntArray, logit: Logit) -> FloatArray:
    """γ of every trait's codes, from all students' tastes; codes × factors."""
    if not choices.space.traits:
        return np.zeros((0, RANK))
    some = evenly(active, MOST_TOLD_APART)
    parts = [observed(choices.crowd(some[slice(*span)]), logit) for span in spans(len(some), ROWS_AT_ONCE)]
    seen, surely = (np.concatenate(values) for values in zip(*parts, strict=True))
    return np.concatenate(told_apart(choices.traits(some), seen, surely).own)


def _covariance(loadings: FloatArray, usual: FloatArray, students: FloatArray) -> FloatArray:
    """W, the mean over students of what it is where they are."""
    share, mean = students / students.sum(), usual @ loadings
    return (loadings.T * (share @ usual)) @ loadings - (mean.T * share) @ mean
