"""Which items may be shown now (D29): worked out once, and again when a term begins, ends or the day changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.domain.moments import from_datetime
from cobi.recommenders.dataset import Catalogue
from cobi.store.catalogue import OfferTerms

MOST_KEPT = 64
"""Combinations of item type and regions that are remembered; callers choose them freely."""


class Allowed(NamedTuple):
    """The items that may be shown from one moment to the next change, `until` exclusive.

    `mask` is of the whole catalogue, `rows` are the places where it is true.
    """

    since: int
    until: int
    mask: NDArray[np.bool_]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Eligibility:
    """Answers for one state of the catalogue; safe to ask from several threads."""

    catalogue: Catalogue
    usable: Mapping[ItemType, NDArray[np.bool_]]
    terms: OfferTerms
    shops_in: Mapping[str, NDArray[np.bool_]]
    """The shops of each region, in key order: those that are there, and those that have an offer there."""
    kept: dict[tuple[ItemType, tuple[str, ...] | None], Allowed]

    def at(self, item_type: ItemType, regions: tuple[str, ...] | None, local_now: datetime) -> Allowed:
        """What of a type may be shown in these regions, None everywhere, in the organisation's local time."""
        key, now = (item_type, regions), from_datetime(local_now)
        found = self.kept.get(key)
        if found is None or not found.since <= now < found.until:
            found = self._worked_out(item_type, regions, local_now)
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = found
        return found

    def _worked_out(
        self, item_type: ItemType, regions: tuple[str, ...] | None, local_now: datetime
    ) -> Allowed:
        now, until = from_datetime(local_now), np.iinfo(np.int64).max
        allowed = self.usable[item_type] & self.given_in(item_type, regions)
        if item_type is ItemType.OFFER:
            until = self._next_change(allowed, local_now)
            allowed = allowed & in_time(self.terms, local_now)
        mask = np.zeros(self.catalogue.size, np.bool_)
        mask[self.catalogue.of_type(item_type)] = allowed
        return Allowed(now, until, mask, np.flatnonzero(mask))

    def given_in(self, item_type: ItemType, regions: tuple[str, ...] | None) -> NDArray[np.bool_]:
        """What of a type is given in any of these regions, None everywhere; tags and keywords are of none."""
        everything = np.ones(len(self.usable[item_type]), np.bool_)
        if regions is None or item_type not in (ItemType.OFFER, ItemType.SHOP):
            return everything
        if item_type is ItemType.OFFER:
            return np.isin(self.terms.region, regions)
        there = [self.shops_in[region] for region in regions if region in self.shops_in]
        return np.logical_or.reduce(there) if there else ~everything

    def _next_change(self, allowed: NDArray[np.bool_], local_now: datetime) -> int:
        now = from_datetime(local_now)
        begin, end = self.terms.allowed_from[allowed], self.terms.allowed_to[allowed]
        tomorrow = datetime.combine(local_now.date() + timedelta(1), time(), local_now.tzinfo)
        ends = end[(end >= now) & (end < np.iinfo(np.int64).max)] + 1
        changes = (begin[begin > now], ends, np.array([from_datetime(tomorrow)]))
        return int(min(moments.min() for moments in changes if len(moments)))


def shops_by_region(
    region: NDArray[np.str_], terms: OfferTerms, shop_of_offer: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]]:
    """The shops that are in each region, or have an offer there that may be shown at some time.

    `region` is each shop's own, `shop_of_offer` each offer's shop as its place among the shops.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    for one in np.union1d(region, terms.region[terms.usable]).tolist():
        found[one] = region == one
        found[one][shop_of_offer[terms.usable & (terms.region == one)]] = True
    return found


def in_time(terms: OfferTerms, local_now: datetime) -> NDArray[np.bool_]:
    """Which offers' terms hold at this moment."""
    now, today = from_datetime(local_now), np.uint8(1 << local_now.weekday())
    return (terms.allowed_from <= now) & (now <= terms.allowed_to) & ((terms.days & today) != 0)
