"""Items that came after a model was learned: where they stand among those that it met."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import ABSENT, Catalogue, FloatArray
from cobi.recommenders.sparse import SparseMatrix, sums

MOST_KIN = 50
"""A new item stands where so many of its kin stand."""
MOST_SIBLINGS = 1000
"""Among so many of a parent's items kin is looked for."""
FEWEST_COMPARED = 30
"""Of fewer offers it is not told what giving more brings."""


def with_newcomers(
    matrix: SparseMatrix, constant: int, catalogue: Catalogue, met: NDArray[np.bool_], entries: int
) -> SparseMatrix:
    """B with columns, then rows, of items the model has not met, each the mean of their kin's.

    Offers that give more than their kin stand as much above it as met offers do above others of their shop; that is
    told by `constant`, the row of the signal that everybody has.
    """
    kin = kin_of(catalogue, met)
    wide = matrix + matrix @ kin.transposed()
    if len(catalogue.generosity):
        wide += _by_what_they_give(wide, constant, catalogue, met, kin)
    return wide + (kin.heightened(matrix.height) @ wide.row_range(0, kin.width)).cut(entries)


def kin_of(catalogue: Catalogue, met: NDArray[np.bool_]) -> SparseMatrix:
    """For each item not met, equal shares of met items with the same parent, or else grandparent, or the parents."""
    size = catalogue.size
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    step = SparseMatrix.of_triples(child, parent, np.ones(len(child)), (size, size))
    found = SparseMatrix.empty(size, size)
    for reach in (step, step @ step):
        alone = ~met & (np.diff(found.indptr) == 0)
        # Only what is met can be kin: thousands of new offers of one shop are never laid beside each other.
        families = reach.keeping(met[reach.row_of_entry]).transposed().cut(MOST_SIBLINGS)
        found += (reach.keeping(alone[reach.row_of_entry]) @ families).cut(MOST_KIN)
    alone = ~met & (np.diff(found.indptr) == 0)
    found += step.keeping(alone[step.row_of_entry] & met[step.indices])
    ones = found.pattern()
    return ones.scaled(1 / np.maximum(ones.row_sums(), 1.0))


def _by_what_they_give(
    matrix: SparseMatrix, constant: int, catalogue: Catalogue, met: NDArray[np.bool_], kin: SparseMatrix
) -> SparseMatrix:
    """What giving more or less than their kin adds to new offers, in the constant's row."""
    base = matrix.row_range(constant, constant + 1).dense()[0].astype(np.float64)
    new = np.flatnonzero(np.diff(kin.indptr) > 0)
    beyond = catalogue.generosity[new] - kin.times(catalogue.generosity)[new]
    value = np.asarray(_worth(base, catalogue, met) * beyond, np.float64)
    row = np.full(len(new), constant, np.int64)
    return SparseMatrix.of_triples(row, new, value, (matrix.height, matrix.width))


def _worth(base: FloatArray, catalogue: Catalogue, met: NDArray[np.bool_]) -> float:
    """How much the score of an offer rises with what it gives, among the met offers of each shop."""
    shop = catalogue.shops()
    offer = np.flatnonzero(met & (shop != ABSENT))
    if len(offer) < FEWEST_COMPARED:
        return 0.0
    given, score = (
        _beside(values[offer], shop[offer], catalogue.size) for values in (catalogue.generosity, base)
    )
    return float(given @ score) / max(float(given @ given), 1e-12)


def _beside(values: FloatArray, group: NDArray[np.int64], groups: int) -> FloatArray:
    """Each value less its group's mean."""
    many = sums(group, np.ones(len(group)), groups)
    return values - (sums(group, values, groups) / np.maximum(many, 1))[group]
