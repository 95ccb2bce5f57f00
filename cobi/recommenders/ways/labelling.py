"""What is on record of items beside what they belong to: categories of shops, and how much an offer gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from cobi.recommenders.dataset import ABSENT, FloatArray, IntArray, Label

FEWEST_ALIKE = 5
"""Beside fewer offers of the same terms it cannot be told whether one gives much."""


def labels_of(known: Mapping[Label, tuple[IntArray, IntArray]]) -> IntArray:
    """(item row, label, number) from the rows, -1 for items the catalogue does not have, and numbers of each label."""
    parts = [np.empty((0, 3), np.int64)]
    for label, (row, number) in sorted(known.items()):
        parts.append(np.column_stack([row, np.full(len(row), label), number])[row != ABSENT])
    return np.unique(np.concatenate(parts), axis=0)


def terms_and_generosity(given: Sequence[tuple[str, str, float]]) -> tuple[IntArray, FloatArray]:
    """Of each offer, by its type, region and value: the number of its terms, and how much it gives beside those alike.

    Values of one type in one region are compared, as their unit is not known: by the normal score of their rank,
    equal ones alike (van der Waerden 1952).
    """
    names = sorted({(kind, region) for kind, region, _ in given})
    number = {name: place for place, name in enumerate(names)}
    terms = np.array([number[kind, region] for kind, region, _ in given], np.int64)
    value = np.array([value for *_, value in given], np.float64)
    generosity = np.zeros(len(given))
    for own in (np.flatnonzero(terms == one) for one in range(len(names))):
        if len(own) >= FEWEST_ALIKE:
            rank, place = np.unique(_ranks(value[own]), return_inverse=True)
            scores = [NormalDist().inv_cdf(one) for one in (rank / (len(own) + 1)).tolist()]
            generosity[own] = np.array(scores)[place]
    return terms, generosity


def _ranks(values: FloatArray) -> FloatArray:
    """From 1, equal ones their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[place]
