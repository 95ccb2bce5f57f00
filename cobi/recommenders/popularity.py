"""Popularity: the row of the constant signal; and per trait (a region's own taste) a row of what differs."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, EventKind, Events, FloatArray, Students, Trait
from cobi.recommenders.piece import Piece, whole_rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace, recency, trait_rows
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.structure import descending, rising


def popularity(space: SignalSpace, events: Events, now: int, settings: Settings) -> Piece:
    """The constant signal's row: log(1 + recent events)."""
    fresh = recency(events.time, now, settings.popularity_half_life_days)
    row = np.log1p(sums(events.item, fresh, space.items)).astype(np.float32)
    return whole_rows(np.array([space.constant]), row[None, :])


def appeal(space: SignalSpace, catalogue: Catalogue, events: Events, settings: Settings) -> Piece | None:
    """The constant signal's row of offers: log of reveals per view, which does not depend on how often they are seen.

    Shrunken to the shop's, and that to all offers'; None where nothing was revealed.
    """
    views, codes = (
        sums(events.item[events.kind == kind], np.ones(int((events.kind == kind).sum())), space.items)
        for kind in (EventKind.PAGE_VIEW, EventKind.DISCOUNT_CODE)
    )
    offers = catalogue.of_type(ItemType.OFFER)
    if codes[offers].sum() == 0 or views[offers].sum() == 0:
        return None
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    of_shop = (catalogue.item_type[child] == ItemType.OFFER) & (catalogue.item_type[parent] == ItemType.SHOP)
    shop = np.full(space.items, -1, np.int64)
    shop[child[of_shop]] = parent[of_shop]
    own = shop[offers]
    rate = codes[offers].sum() / views[offers].sum()
    known = own >= 0
    by_shop = [sums(own[known], counted[offers][known], space.items)[own] for counted in (views, codes)]
    prior = (by_shop[1] + settings.appeal_prior * rate) / (by_shop[0] + settings.appeal_prior)
    shrunken = (codes[offers] + settings.appeal_prior * prior) / (views[offers] + settings.appeal_prior)
    row = np.zeros(space.items, np.float32)
    row[offers] = np.log(shrunken / rate)
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
