"""What can be recommended, as arrays: items, how they hang together, and when an offer may be shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Table, case, select

from cobi.domain.fields import weekday_name
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.store.json_columns import columns_of
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.schema import ENTITIES

ALWAYS = np.iinfo(np.int64)
"""The open ends of an offer's window: its `min` and `max`."""

EVERY_DAY = 0b1111111

_DAY_BITS = {weekday_name(day): 1 << day for day in range(7)}
_shops, _offers = ENTITIES["shops"], ENTITIES["offers"]
_CHARACTERISTICS = {
    ItemType.TAG: ("shop-tags", "tag_key"),
    ItemType.KEYWORD: ("shop-keywords", "keyword_key"),
}


@dataclass(frozen=True)
class Items:
    """All items of one type, in key order."""

    keys: NDArray[np.int64]
    ids: list[bytes]


@dataclass(frozen=True)
class OfferTerms:
    """When and where each offer may be shown (D29), in the order of the offers' keys.

    `usable` is false where offer or shop is deleted, disabled or not public; `days` has bit 0 for Monday.
    """

    usable: NDArray[np.bool_]
    region: NDArray[np.str_]
    allowed_from: NDArray[np.int64]
    allowed_to: NDArray[np.int64]
    days: NDArray[np.uint8]


def items(connection: Connection, item_type: ItemType) -> Items:
    """Every stored item of a type, also deleted ones: what students did with them still says something."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    rows = connection.execute(select(table.c.key, table.columns.values()[1]).order_by(table.c.key)).all()
    return Items(np.array([row[0] for row in rows], dtype=np.int64), [row[1] for row in rows])


def links(connection: Connection) -> dict[tuple[ItemType, ItemType], NDArray[np.int64]]:
    """(child key, parent key) pairs: offers with their shops, shops with their tags and keywords."""
    found = {(ItemType.OFFER, ItemType.SHOP): _pairs(connection, select(_offers.c.key, _offers.c.shop_key))}
    for item_type, (name, column) in _CHARACTERISTICS.items():
        table = ENTITIES[name]
        query = select(table.c.shop_key, table.c[column]).where(table.c.is_deleted.is_not(True))
        found[ItemType.SHOP, item_type] = _pairs(connection, query)
    return found


def offer_terms(connection: Connection) -> OfferTerms:
    """The terms of all offers, in key order."""
    table = _offers.c
    query = select(
        table.key,
        case((_may_be_shown(), 1), else_=0).label("usable"),
        table.region,
        table.allowed_from,
        table.allowed_to,
        table.allowed_days,
    ).join(_shops, _shops.c.key == table.shop_key)
    keys, usable, region, begin, end, days = columns_of(connection, query)
    order = np.argsort(np.array(keys, np.int64))
    (first, last), masks = (ALWAYS.min, ALWAYS.max), {text: _mask(text) for text in set(days)}
    return OfferTerms(
        np.array(usable, np.bool_)[order],
        np.array(region, np.str_)[order],
        np.array([first if one is None else one for one in begin], np.int64)[order],
        np.array([last if one is None else one for one in end], np.int64)[order],
        np.array([masks[text] for text in days], np.uint8)[order],
    )


def _may_be_shown() -> ColumnElement[bool]:
    """Whether neither an offer nor its shop is deleted, disabled or hidden."""
    own = _offers.c.is_deleted.is_not(True) & _offers.c.is_enabled.is_not(False)
    return own & _shops.c.is_deleted.is_not(True) & _shops.c.is_public.is_not(False)


def usable(connection: Connection, item_type: ItemType) -> NDArray[np.bool_]:
    """Which shops, tags or keywords may be shown, in key order."""
    table: Table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    condition = table.c.is_deleted.is_not(True)
    if item_type is ItemType.SHOP:
        condition &= table.c.is_public.is_not(False)
    found = connection.scalars(select(condition).order_by(table.c.key))
    return np.array([bool(allowed) for allowed in found], dtype=np.bool_)


def shop_regions(connection: Connection) -> NDArray[np.str_]:
    """Where each shop is, in key order."""
    return np.array(list(connection.scalars(select(_shops.c.region).order_by(_shops.c.key))), np.str_)


def shops_abroad(connection: Connection) -> NDArray[np.bool_]:
    """Which shops have offers outside their own region, in key order."""
    offered = select(_offers.c.shop_key).join(_shops, _shops.c.key == _offers.c.shop_key)
    abroad = list(connection.scalars(offered.where(_offers.c.region != _shops.c.region).distinct()))
    return np.isin(list(connection.scalars(select(_shops.c.key).order_by(_shops.c.key))), abroad)


def categories(connection: Connection) -> NDArray[np.int64]:
    """(shop key, category key) of each category a shop is in; shape (n, 2)."""
    table = ENTITIES["shop-categories"].c
    return _pairs(connection, select(table.shop_key, table.category_key).where(table.is_deleted.is_not(True)))


def giving(connection: Connection) -> list[tuple[str, str, float]]:
    """What every stored offer gives, in key order: its type, its region, its value."""
    query = select(_offers.c.type, _offers.c.region, _offers.c.value).order_by(_offers.c.key)
    return [(kind, region, float(value)) for kind, region, value in connection.execute(query)]


def all_names(connection: Connection, item_type: ItemType) -> list[str]:
    """What every stored item of a type is called, in key order."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    return list(connection.scalars(select(table.c.name).order_by(table.c.key)))


def names(connection: Connection, item_type: ItemType, keys: Collection[int]) -> dict[int, str]:
    """What these items are called."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    return {
        key: name
        for chunk in chunks(keys)
        for key, name in connection.execute(select(table.c.key, table.c.name).where(table.c.key.in_(chunk)))
    }


def ids(connection: Connection, item_type: ItemType, keys: Collection[int]) -> dict[int, bytes]:
    """The ids of these items."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    query = select(table.c.key, table.columns.values()[1])
    return {
        key: identifier
        for chunk in chunks(keys)
        for key, identifier in connection.execute(query.where(table.c.key.in_(chunk)))
    }


def shops_of_offers(connection: Connection, offer_keys: Collection[int]) -> dict[int, int]:
    """Each offer's shop, by keys."""
    return {
        offer: shop
        for chunk in chunks(offer_keys)
        for offer, shop in connection.execute(
            select(_offers.c.key, _offers.c.shop_key).where(_offers.c.key.in_(chunk))
        )
    }


def shops_with(connection: Connection, item_type: ItemType, item_key: int) -> set[int]:
    """The keys of the shops that have this tag or keyword, or that are this shop."""
    if item_type is ItemType.SHOP:
        return {item_key}
    if item_type not in _CHARACTERISTICS:
        return set()
    name, column = _CHARACTERISTICS[item_type]
    table = ENTITIES[name]
    query = select(table.c.shop_key).where(table.c[column] == item_key, table.c.is_deleted.is_not(True))
    return set(connection.scalars(query))


def _pairs(connection: Connection, query: Query) -> NDArray[np.int64]:
    """The rows of a query of two keys, ascending."""
    pairs = np.array(columns_of(connection, query), np.int64).reshape(2, -1).T
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _mask(days: str | None) -> int:
    return EVERY_DAY if days is None else sum(_DAY_BITS[day] for day in days.split(","))
