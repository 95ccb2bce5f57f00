"""What a model learns from: the catalogue of items, the events, and who the students are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import InteractionType, ItemType

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
KindArray = NDArray[np.int8] | NDArray[np.int64]

ANONYMOUS = -1
ABSENT = -1


class EventKind(IntEnum):
    """What happened: the interaction types, and the events that other record types stand for."""

    FILTER_CLICK = InteractionType.FILTER_CLICK
    SHARE = InteractionType.SHARE
    PAGE_VIEW = InteractionType.PAGE_VIEW
    DISCOUNT_CODE = InteractionType.DISCOUNT_CODE
    TRANSACTION = 101
    FAVOURITE = 102


class Trait(StrEnum):
    """A student's attribute that may serve as a signal; its codes are the caller's integers, -1 unknown."""

    REGION = "region"
    INSTITUTE = "institute"
    COURSE = "course"
    GENDER = "gender"
    AGE = "age"


class Label(IntEnum):
    """What an item may be labelled with that is no item itself."""

    CATEGORY = 0
    """A shop's."""
    TERMS = 1
    """How an offer's value is meant: its type, in its region."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items of all four types, sorted by (type, key), and which of them belong to which."""

    item_type: NDArray[np.int8]
    item_key: IntArray
    links: IntArray
    """(child row, parent row), shape (l, 2): offer → its shop, shop → its tags and keywords."""
    mentions: IntArray = field(default_factory=lambda: np.empty((0, 2), np.int64), compare=False)
    """(offer row, row of a tag or keyword) that the offer's name mentions; only known where a model is learned."""
    labels: IntArray = field(default_factory=lambda: np.empty((0, 3), np.int64), compare=False)
    """(item row, `Label`, its number); only known where a model is learned."""
    generosity: FloatArray = field(default_factory=lambda: np.empty(0), compare=False)
    """How much each item gives beside others of its terms, in standard deviations; empty where not known."""
    spans: Mapping[ItemType, slice] = field(init=False, repr=False, compare=False)
    """Where each type's rows are."""

    def __post_init__(self) -> None:
        starts = np.searchsorted(self.item_type, [*ItemType], side="left").tolist()
        ends = np.searchsorted(self.item_type, [*ItemType], side="right").tolist()
        spans = {kind: slice(*ends) for kind, *ends in zip(ItemType, starts, ends, strict=True)}
        object.__setattr__(self, "spans", spans)

    @property
    def size(self) -> int:
        return len(self.item_key)

    def of_type(self, item_type: ItemType) -> slice:
        """The rows of one type, which are always neighbours."""
        return self.spans[item_type]

    def shops(self) -> IntArray:
        """Of each offer the row of its shop, -1 for all other items."""
        found = np.full(self.size, ABSENT, np.int64)
        child, parent = self.links[:, 0], self.links[:, 1]
        kinds = self.item_type[child], self.item_type[parent]
        sold = (kinds[0] == ItemType.OFFER) & (kinds[1] == ItemType.SHOP)
        found[child[sold]] = parent[sold]
        return found

    def rows(self, item_type: ItemType, keys: IntArray) -> IntArray:
        """Each key's row, or -1 where the catalogue has no such item."""
        span = self.of_type(item_type)
        own_keys = self.item_key[span]
        if len(own_keys) == 0:
            return np.full(len(keys), ABSENT, np.int64)
        place = np.minimum(np.searchsorted(own_keys, keys), len(own_keys) - 1)
        return np.where(own_keys[place] == keys, place + span.start, ABSENT)

    def only(self, kept: NDArray[np.bool_]) -> Catalogue:
        """The items marked True, and how they hang together."""
        row = np.where(kept, np.cumsum(kept) - 1, ABSENT)
        links, mentions = (
            pairs[(pairs != ABSENT).all(axis=1)] for pairs in (row[self.links], row[self.mentions])
        )
        labels = self.labels[kept[self.labels[:, 0]]]
        labels = np.column_stack([row[labels[:, 0]], labels[:, 1:]])
        generosity = self.generosity[kept] if len(self.generosity) else self.generosity
        return Catalogue(self.item_type[kept], self.item_key[kept], links, mentions, labels, generosity)


def catalogue_of(
    keys: Mapping[ItemType, IntArray], links: Mapping[tuple[ItemType, ItemType], IntArray]
) -> Catalogue:
    """Sort items into a catalogue; links are (child key, parent key) pairs by (child type, parent type).

    Links that name an unknown item are left out.
    """
    ordered = {kind: np.unique(np.asarray(keys.get(kind, ()), np.int64)) for kind in sorted(ItemType)}
    types = [np.full(len(own), kind, np.int8) for kind, own in ordered.items()]
    bare = Catalogue(
        np.concatenate(types), np.concatenate(list(ordered.values())), np.empty((0, 2), np.int64)
    )
    pairs = [bare.links]
    for (child_type, parent_type), link in sorted(links.items()):
        ends = np.asarray(link, np.int64).reshape(-1, 2)
        children, parents = bare.rows(child_type, ends[:, 0]), bare.rows(parent_type, ends[:, 1])
        known = (children != ABSENT) & (parents != ABSENT)
        pairs.append(np.stack([children[known], parents[known]], axis=1))
    return Catalogue(bare.item_type, bare.item_key, np.unique(np.concatenate(pairs), axis=0))


@dataclass(frozen=True, slots=True)
class Events:
    """What students did, in any order: one row per event and item it names."""

    student: IntArray
    """Row in `Students`, or -1 for an anonymous event, which counts for popularity only."""
    item: IntArray
    """Row in the catalogue."""
    kind: NDArray[np.int8]
    """An `EventKind`; a transaction names its shop, and its offer in a row of its own where known."""
    time: IntArray
    """Microseconds since 1970, UTC."""

    def __len__(self) -> int:
        return len(self.item)

    def where(self, chosen: NDArray[np.bool_] | IntArray | slice) -> Events:
        """The chosen events, by mask, by number or as they follow each other."""
        return Events(self.student[chosen], self.item[chosen], self.kind[chosen], self.time[chosen])


@dataclass(frozen=True, slots=True)
class Students:
    """How many students there are, and a code per student for each known trait."""

    size: int
    traits: Mapping[Trait, IntArray] = field(default_factory=dict[Trait, IntArray])
