"""What could have been shown to a student at a moment in the past (D28, D29), as far as records tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import region_code
from cobi.domain.interaction import ItemType
from cobi.domain.moments import as_datetime
from cobi.store import catalogue as catalogue_store
from cobi.store.catalogue import ALWAYS, EVERY_DAY
from cobi.store.database import Connection
from cobi.store.lifetimes import lifetimes, student_regions

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ANYWHERE = -1


@dataclass(frozen=True)
class Askers:
    """Who is asked for, when, and where they are; arrays that broadcast against items."""

    moment: IntArray
    weekday: NDArray[np.uint8]
    """A bit, 1 for Monday, in the organisation's time zone."""
    region: IntArray

    def at(self, chosen: Any) -> Askers:
        """Some of them, or all of them in another shape."""
        return Askers(self.moment[chosen], self.weekday[chosen], self.region[chosen])


@dataclass(frozen=True)
class Candidates:
    """The items of the type that is ranked, in catalogue order, and when and where each could be shown."""

    born: IntArray
    """When the record says it was made; ALWAYS.min where it does not."""
    ended: IntArray
    region: IntArray
    allowed_from: IntArray
    allowed_to: IntArray
    days: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.born)

    def may_show(self, item: Any, askers: Askers, *, timeless: bool) -> Mask:
        """Whether these items were there for these askers; `timeless`: whether they are now, at any hour."""
        region = self.region[item]
        here = (region == _ANYWHERE) | (region == askers.region)
        if timeless:
            return here & (self.ended[item] == ALWAYS.max)
        moment = askers.moment
        there = (self.born[item] <= moment) & (moment < self.ended[item])
        valid = (self.allowed_from[item] <= moment) & (moment <= self.allowed_to[item])
        return here & there & valid & ((self.days[item] & askers.weekday) != 0)

    def witnessed(self, first_event: IntArray) -> Candidates:
        """The same, where no item was made after its first event, whatever its record says."""
        born = np.minimum(self.born, first_event)
        return Candidates(born, self.ended, self.region, self.allowed_from, self.allowed_to, self.days)

    def birth(self, first_event: IntArray) -> IntArray:
        """When each item began: as its record tells, else at its first event."""
        return np.where(self.born == ALWAYS.min, first_event, self.born)


def read_candidates(connection: Connection, item_type: ItemType) -> Candidates:
    """All items of a type with what their records say of the past."""
    lived = lifetimes(connection, item_type)
    if item_type is ItemType.OFFER:
        terms = catalogue_store.offer_terms(connection)
        codes = np.array([region_code(region) for region in terms.region.tolist()], np.int64)
        return Candidates(lived.born, lived.ended, codes, terms.allowed_from, terms.allowed_to, terms.days)
    size = len(lived.born)
    return Candidates(
        lived.born,
        lived.ended,
        _shop_regions(connection) if item_type is ItemType.SHOP else np.full(size, _ANYWHERE),
        np.full(size, ALWAYS.min),
        np.full(size, ALWAYS.max),
        np.full(size, EVERY_DAY, np.uint8),
    )


def _shop_regions(connection: Connection) -> IntArray:
    """Each shop's region as a code; anywhere where it has offers in others."""
    own = np.array(
        [region_code(region) for region in catalogue_store.shop_regions(connection).tolist()], np.int64
    )
    abroad = catalogue_store.shops_abroad(connection)
    return np.where(abroad, _ANYWHERE, own)


def read_regions(connection: Connection) -> IntArray:
    """Each student's region as a code, in the order in which models learn from them."""
    return np.array([region_code(region) for region in student_regions(connection)], np.int64)


def weekdays(moments: IntArray, zone: ZoneInfo) -> NDArray[np.uint8]:
    """Each moment's day of the week as a bit, in a time zone."""
    days = [as_datetime(moment).astimezone(zone).weekday() for moment in moments.tolist()]
    return np.left_shift(1, np.array(days, np.int64)).astype(np.uint8)
