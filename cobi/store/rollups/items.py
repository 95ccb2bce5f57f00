"""What came with each shop and each tag, from the figures of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import add

from sqlalchemy import Connection, func, select

from cobi.domain.interaction import ItemType
from cobi.store.query import Query
from cobi.store.rollups.reading import Selection, conditions
from cobi.store.rollups.tables import WORTH, daily_items
from cobi.store.rollups.tallies import Figures
from cobi.store.schema import ENTITIES

Worth = dict[int, Figures]
"""What came, by the key of a shop or a tag, in the order of WORTH."""

_offers, _links, _items = ENTITIES["offers"].c, ENTITIES["shop-tags"].c, daily_items.c


def of_shops(connection: Connection, wanted: Selection) -> Worth:
    """With each shop and the offers it has today, on the whole days of a period."""
    own = _summed(connection, wanted, ItemType.SHOP)
    offers = _summed(connection, wanted, ItemType.OFFER)
    shops = connection.execute(select(_offers.key, _offers.shop_key).where(_offers.shop_key.is_not(None)))
    return _added(own, ((shop, offers[offer]) for offer, shop in shops if offer in offers))


def of_tags(connection: Connection, wanted: Selection) -> Worth:
    """With each tag, the shops that carry it today and their offers, on the whole days of a period."""
    own = _summed(connection, wanted, ItemType.TAG)
    shops = of_shops(connection, wanted)
    links = select(_links.tag_key, _links.shop_key).where(_links.is_deleted.is_not(True)).distinct()
    return _added(own, ((tag, shops[shop]) for tag, shop in connection.execute(links) if shop in shops))


def _summed(connection: Connection, wanted: Selection, item_type: ItemType) -> Worth:
    sums = [func.sum(_items[name]) for name in WORTH]
    query: Query = select(_items.item_key, *sums).where(
        _items.item_type == item_type.value, *conditions(daily_items, wanted)
    )
    rows = connection.execute(query.group_by(_items.item_key))
    return {row[0]: tuple(int(value) for value in row[1:]) for row in rows}


def _added(known: Mapping[int, Figures], more: Iterable[tuple[int, Figures]]) -> Worth:
    found = dict(known)
    for key, figures in more:
        before = found.get(key)
        found[key] = figures if before is None else tuple(map(add, before, figures))
    return found
