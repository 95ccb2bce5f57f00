"""Popularity: the row of the constant signal, and per trait (a region's own taste) a row shrunken to it."""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import ANONYMOUS, Events, FloatArray, IntArray, Students, Trait
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, recency
from cobi.recommenders.sparse import SparseMatrix, sums


def popularity(
    space: SignalSpace, events: Events, students: Students, now: int, settings: Settings
) -> SparseMatrix:
    """Rows for the constant signal and then each trait's codes, × items.

    constant + code = log(1 + that group's recent events, as if the group were the whole marketplace).
    """
    fresh = recency(events.time, now, settings.popularity_half_life_days)
    total = sums(events.item, fresh, space.items)
    rows = [np.log1p(total)]
    for trait, codes in space.traits.items():
        group = _code_place(events, students, trait, codes)
        rows.extend(
            _log_lift(total, counts, settings) for counts in _per_code(events, fresh, group, space, trait)
        )
    return SparseMatrix.of_dense(np.stack(rows))


def _code_place(events: Events, students: Students, trait: Trait, codes: IntArray) -> IntArray:
    """The place of each event's student among the trait's codes, -1 where not known."""
    own = np.append(students.traits[trait], -1)[np.where(events.student == ANONYMOUS, -1, events.student)]
    return np.where(own >= 0, np.searchsorted(codes, own), -1)


def _per_code(
    events: Events, fresh: FloatArray, group: IntArray, space: SignalSpace, trait: Trait
) -> FloatArray:
    known = group >= 0
    shape = (len(space.traits[trait]), space.items)
    cell = group[known] * space.items + events.item[known]
    return sums(cell, fresh[known], shape[0] * shape[1]).reshape(shape)


def _log_lift(total: FloatArray, own: FloatArray, settings: Settings) -> FloatArray:
    """What a group's popularity adds to the marketplace's; a small group adds little."""
    everybody = max(total.sum(), 1e-12)
    prior = settings.region_prior
    shrunken = everybody * (own + prior * total / everybody) / (own.sum() + prior)
    return np.log1p(shrunken) - np.log1p(total)
