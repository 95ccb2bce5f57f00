"""What came with each shop and each tag, from the figures of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import add

from sqlalchemy import ColumnElement, Connection, Table, func, select

from cobi.domain.interaction import ItemType
from cobi.store.query import Query
from cobi.store.rollups.reading import Selection, counted, dimensions_of, of_days
from cobi.store.rollups.tables import ITEMS, WORTH
from cobi.store.rollups.tallies import Figures
from cobi.store.schema import ENTITIES

Worth = dict[int, Figures]
"""What came, by the key of a shop or a tag, in the order of WORTH."""

_offers, _links = ENTITIES["offers"].c, ENTITIES["shop-tags"].c


def of_shops(connection: Connection, wanted: Selection) -> Worth:
    """With each shop and the offers it has today."""
    return _of_shops(connection, _summed(connection, wanted))


def of_tags(connection: Connection, wanted: Selection) -> Worth:
    """With each tag, the shops that carry it today and their offers."""
    found = _summed(connection, wanted)
    shops = _of_shops(connection, found)
    links = select(_links.tag_key, _links.shop_key).where(_links.is_deleted.is_not(True)).distinct()
    return _added(
        found[ItemType.TAG],
        ((tag, shops[shop]) for tag, shop in connection.execute(links) if shop in shops),
    )


def _of_shops(connection: Connection, found: Mapping[ItemType, Worth]) -> Worth:
    offers = found[ItemType.OFFER]
    shops = connection.execute(select(_offers.key, _offers.shop_key).where(_offers.shop_key.is_not(None)))
    return _added(found[ItemType.SHOP], ((shop, offers[offer]) for offer, shop in shops if offer in offers))


def _summed(connection: Connection, wanted: Selection) -> dict[ItemType, Worth]:
    """What came with the items of each type in the whole period."""
    found: dict[ItemType, Worth] = {item_type: {} for item_type in ItemType}
    for (item_type, item_key), figures in _parts(connection, wanted):
        known = found[ItemType(item_type)]
        before = known.get(item_key)
        known[item_key] = figures if before is None else tuple(map(add, before, figures))
    return found


def _parts(connection: Connection, wanted: Selection) -> Iterable[tuple[tuple[int, int], Figures]]:
    """The days, the quarters of an hour that make up for those that are cut, and what is left of these."""
    days, quarters = ITEMS.days, ITEMS.quarters
    yield from _grouped(connection, days, of_days(ITEMS, wanted))
    for first, end, added in wanted.period.quarters:
        within = quarters.c.quarter_hour.between(first, end - 1)
        for item, figures in _grouped(connection, quarters, (within, *dimensions_of(quarters, wanted))):
            yield item, figures if added else tuple(-each for each in figures)
    names = quarters.primary_key.columns.keys()
    for key, figures in counted(connection, wanted, (ITEMS,)).of(ITEMS).items():
        dimensions = dict(zip(names, key, strict=True))
        if wanted.admits(dimensions):
            yield (dimensions["item_type"], dimensions["item_key"]), figures


def _grouped(
    connection: Connection, table: Table, conditions: Iterable[ColumnElement[bool]]
) -> Iterable[tuple[tuple[int, int], Figures]]:
    item = (table.c.item_type, table.c.item_key)
    sums = [func.sum(table.c[name]) for name in WORTH]
    query: Query = select(*item, *sums).where(*conditions).group_by(*item)
    for row in connection.execute(query):
        yield (row[0], row[1]), tuple(int(value) for value in row[2:])


def _added(known: Mapping[int, Figures], more: Iterable[tuple[int, Figures]]) -> Worth:
    found = dict(known)
    for key, figures in more:
        before = found.get(key)
        found[key] = figures if before is None else tuple(map(add, before, figures))
    return found
