"""Taste: what a student's history says of shops, tags and keywords beyond what is usual, as a ridge regression on them.

With z = x - L p what was touched beyond the usual (L, how much; p, what students of the region touch), C the items'
attributes (rows of length 1) and D how much of each item is touched, a student's liking of the attributes is the
posterior mean of a linear model with prior variance 1 / κ, and an offer is liked as its attributes are:

    β = (Cᵀ D C + κ I)^-1 Cᵀ z,    scores = C β,    so that    B = C H Cᵀ,  H = (Cᵀ D C + κ I)^-1.

It is kernel ridge regression with the kernel C Cᵀ (Rasmussen & Williams 2006, §2.1; noise of counts is as large as
their mean). The rows of what is usual are -p B, whose signal is L.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cobi.recommenders.dataset import Catalogue, FloatArray, IntArray, Label, Students
from cobi.recommenders.gram import BLOCK_CELLS, Cells
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, usual_rows
from cobi.recommenders.sparse import SparseMatrix, stacked
from cobi.recommenders.ways.attributes import characteristics, shared

MOST_ATTRIBUTES = 2_000
"""The regression is on so many of the attributes, those that are touched most."""


@dataclass(frozen=True, slots=True)
class Inclinations:
    """What students touched beyond the usual, in terms of attributes."""

    carried: SparseMatrix
    """C, items × m."""
    usual: FloatArray
    """p C of each signal of what is usual, × m."""
    weight: FloatArray
    """Cᵀ D C, m × m."""


def inclinations(
    space: SignalSpace, catalogue: Catalogue, touched: SparseMatrix, students: Students, settings: Settings
) -> Inclinations | None:
    """Of all students; None where no attribute has several carriers that anybody touched."""
    carried = shared(characteristics(catalogue, [Label.CATEGORY])[0], touched.column_sums(), MOST_ATTRIBUTES)
    if carried.width == 0:
        return None
    total = touched.row_sums()
    x = touched.scaled(np.where(total > 0, total, 1.0) ** -settings.history_damping)
    every: IntArray = np.arange(students.size)
    region = usual_rows(space, students, every, x.row_sums())
    attributes = carried.transposed()
    usual = attributes.times(_usual(region, x, settings).T).T
    mean = x.column_sums() / max(int((total > 0).sum()), 1)
    weight = (attributes @ carried.scaled(mean)).dense().astype(np.float64)
    return Inclinations(carried, usual, weight)


def tastes(space: SignalSpace, known: Inclinations, several: Sequence[Settings]) -> list[Piece]:
    """B of what was touched and of what is usual, for each penalty."""
    signals = np.concatenate([np.arange(space.items), np.array(space.usual)])
    leading = stacked([known.carried, SparseMatrix.of_dense(-known.usual)], known.carried.width)
    return [_through(signals, leading, known, settings.taste_penalty) for settings in several]


def _through(signals: IntArray, leading: SparseMatrix, known: Inclinations, penalty: float) -> Piece:
    """leading · H · Cᵀ."""
    size = len(known.weight)
    prior = penalty * float(np.trace(known.weight)) / size
    inner = np.linalg.inv(known.weight + prior * np.eye(size)).astype(np.float32)
    carried, leading = known.carried.stored_as(np.float32), leading.stored_as(np.float32)

    def liked(told: SparseMatrix) -> Cells:
        """What attributes come to over the items."""
        return np.ascontiguousarray(carried.times(np.ascontiguousarray(told.times(inner).T)).T)

    def chain(x: SparseMatrix) -> Cells:
        return liked(x.stored_as(np.float32) @ leading)

    def rows(first: int, last: int) -> Cells:
        return liked(leading.row_range(first, last))

    at_once = max(1, BLOCK_CELLS // max(carried.height, 1))
    return Piece(signals, np.arange(carried.height), rows, at_once, chain=chain)


def _usual(region: SparseMatrix, x: SparseMatrix, settings: Settings) -> FloatArray:
    """p of each signal of what is usual, which of few students is near everybody's: × items, each summing to 1."""
    everybody = x.column_sums()
    everybody /= max(everybody.sum(), 1e-12)
    membership = SparseMatrix(region.indptr, region.indices, np.ones(len(region.data)), region.width)
    own = (membership.transposed() @ x).dense() + settings.usual_prior * everybody
    return own / np.maximum(own.sum(axis=1, keepdims=True), 1e-12)
