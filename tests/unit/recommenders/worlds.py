"""Small marketplaces to learn from."""

from __future__ import annotations

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import Catalogue, EventKind, Events, Students, Trait, catalogue_of

OFFERS, SHOPS, TAGS, KEYWORDS, STUDENTS = 24, 8, 4, 5, 30
NOW = 1_700_000_000_000_000
DAY = 86_400_000_000
Links = dict[tuple[ItemType, ItemType], np.ndarray]


def keys(kind: ItemType, count: int, order: np.ndarray | None = None) -> np.ndarray:
    """Item keys 10, 11, …, or shuffled ones."""
    return 10 + (np.arange(count) if order is None else order[:count])


def a_catalogue(offers: int = OFFERS, shuffle: int | None = None) -> Catalogue:
    """Offer i belongs to shop i mod 8, which carries tag (shop mod 4) and keyword (shop mod 5)."""
    orders = {kind: None if shuffle is None else a_permutation(shuffle + kind) for kind in ItemType}
    counts = {ItemType.OFFER: offers, ItemType.SHOP: SHOPS, ItemType.TAG: TAGS, ItemType.KEYWORD: KEYWORDS}
    own = {kind: keys(kind, counts[kind], orders[kind]) for kind in ItemType}
    offer, shop = np.arange(offers), np.arange(SHOPS)
    links: Links = {
        (ItemType.OFFER, ItemType.SHOP): pairs(own[ItemType.OFFER], own[ItemType.SHOP][offer % SHOPS]),
        (ItemType.SHOP, ItemType.TAG): pairs(own[ItemType.SHOP], own[ItemType.TAG][shop % TAGS]),
        (ItemType.SHOP, ItemType.KEYWORD): pairs(own[ItemType.SHOP], own[ItemType.KEYWORD][shop % KEYWORDS]),
    }
    return catalogue_of(own, links)


def a_permutation(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(64)


def pairs(children: np.ndarray, parents: np.ndarray) -> np.ndarray:
    return np.stack([children, parents], axis=1)


def row_of(catalogue: Catalogue, kind: ItemType, number: int, shuffle: int | None = None) -> int:
    """The row of the number-th item of a type, whatever its key."""
    order = None if shuffle is None else a_permutation(shuffle + kind)
    return int(catalogue.rows(kind, keys(kind, 64, order)[number : number + 1])[0])


def some_events(
    catalogue: Catalogue, seed: int = 0, count: int = 400, shuffle: int | None = None, offers: int = OFFERS
) -> Events:
    """Students act at random on items of all types; low numbers are more popular."""
    rng = np.random.default_rng(seed)
    counts = {ItemType.OFFER: offers, ItemType.SHOP: SHOPS, ItemType.TAG: TAGS, ItemType.KEYWORD: KEYWORDS}
    kinds = rng.choice(list(ItemType), count)
    numbers = [int(counts[ItemType(kind)] * rng.random() ** 2) for kind in kinds]
    items = [row_of(catalogue, ItemType(k), n, shuffle) for k, n in zip(kinds, numbers, strict=True)]
    student = rng.integers(-1, STUDENTS, count)
    kind = rng.choice(list(EventKind), count).astype(np.int8)
    return Events(student, np.array(items, np.int64), kind, NOW - rng.integers(0, 50 * DAY, count))


def some_students() -> Students:
    return Students(STUDENTS, {Trait.REGION: np.arange(STUDENTS) % 3 - 1})
