"""Popularity: the row of the constant signal; and per trait (a region's own taste) a row of what differs."""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import Catalogue, Events, FloatArray, Students, Trait
from cobi.recommenders.piece import Piece, whole_rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, recency, trait_rows
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.structure import descending, rising


def popularity(space: SignalSpace, events: Events, now: int, settings: Settings) -> Piece:
    """The constant signal's row: log(1 + recent events)."""
    # Seen from the newest event: what ended years ago would else fade to nothing together.
    seen_from = min(now, int(events.time.max(initial=0)))
    fresh = recency(events.time, seen_from, settings.popularity_half_life_days)
    row = np.log1p(sums(events.item, fresh, space.items)).astype(np.float32)
    return whole_rows(np.array([space.constant]), row[None, :])


def who(
    space: SignalSpace,
    catalogue: Catalogue,
    touched: SparseMatrix,
    students: Students,
    settings: Settings,
    trait: Trait,
) -> Piece:
    """The rows of one trait's codes: log of how much more its students touch an item and its kin than all do."""
    signals = space.signals_of(trait)
    groups = trait_rows(space, students, np.arange(students.size)).transposed()
    first = signals.start - space.constant - 1
    of_group = groups.row_range(first, first + len(signals))
    up, heirs = rising(catalogue, settings), descending(catalogue, settings)
    own = ((of_group @ touched) @ up).dense()
    total = up.transposed().times(touched.column_sums())
    lift = np.array([log_lift(total, row, settings.lift_prior) for row in own]).reshape(own.shape)
    rows = np.ascontiguousarray(heirs.times(lift.T).T, np.float32)
    return whole_rows(np.array(signals, np.int64), rows)


def log_lift(total: FloatArray, own: FloatArray, prior: float) -> FloatArray:
    """log of own over what is expected of so much activity; a small group adds little."""
    expected = own.sum() * total / max(total.sum(), 1e-12)
    return np.log((own + prior) / (expected + prior))
