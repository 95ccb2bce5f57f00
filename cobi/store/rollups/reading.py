"""Reading figures of a period: whole days from the rollups, parts of days at its ends from the rows.

Of a day that is cut the shorter part is counted, to be added or taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from cobi.domain.interaction import ItemType
from cobi.store.keys import chunks
from cobi.store.rollups.period import EVER, Period
from cobi.store.rollups.recount import recount
from cobi.store.rollups.tables import (
    daily_answers,
    daily_clicks,
    daily_items,
    daily_outcomes,
    daily_platforms,
)
from cobi.store.rollups.tallies import Figures, Tallies
from cobi.store.schema import ENTITIES

Items = frozenset[tuple[int, int]]
"""(type, key) of items."""

Row = tuple[dict[str, Any], Figures]
"""The dimensions by name, and the figures in the order of the table's columns."""


@dataclass(frozen=True)
class Selection:
    """Which figures are wanted; None leaves a dimension open. At most one of position, platform and items is given."""

    period: Period = EVER
    model_version: int | None = None
    arm: str | None = None
    region: str | None = None
    position: int | None = None
    platform: int | None = None
    items: Items | None = None

    def admits(self, dimensions: dict[str, Any]) -> bool:
        """Whether a row is wanted."""
        wanted = all(
            value is None or dimensions.get(name, value) == value
            for name, value in (
                ("model_version", self.model_version),
                ("arm", self.arm),
                ("region", self.region),
                ("position", self.position),
                ("platform", self.platform),
            )
        )
        item = (dimensions.get("item_type"), dimensions.get("item_key"))
        return wanted and (self.items is None or item == (None, None) or item in self.items)


@dataclass(frozen=True)
class Reading:
    """The wanted rows of each rollup; `items` only where items are wanted."""

    answers: list[Row]
    clicks: list[Row]
    platforms: list[Row]
    items: list[Row]
    outcomes: list[Row]


def read(connection: Connection, wanted: Selection) -> Reading:
    """The figures that are wanted."""
    edges = Tallies()
    for edge, added in wanted.period.corrections:
        found = recount(connection, edge)
        (edges.add_all if added else edges.take_back)(found)
    tables = (daily_answers, daily_clicks, daily_platforms, daily_items, daily_outcomes)
    return Reading(*(list(_rows(connection, table, wanted, edges)) for table in tables))


def of_shop(connection: Connection, shop_key: int) -> Items:
    """A shop and its offers."""
    offers = ENTITIES["offers"].c
    found = connection.scalars(select(offers.key).where(offers.shop_key == shop_key))
    return frozenset({(ItemType.SHOP.value, shop_key), *_of_type(ItemType.OFFER, found)})


def of_tag(connection: Connection, tag_key: int) -> Items:
    """A tag, the shops that carry it, and their offers."""
    links, offers = ENTITIES["shop-tags"].c, ENTITIES["offers"].c
    # A shop may carry a tag by many records.
    shops = select(links.shop_key).where(links.tag_key == tag_key, links.is_deleted.is_not(True)).distinct()
    theirs = select(offers.key).where(offers.shop_key.in_(shops))
    found = (
        *_of_type(ItemType.SHOP, connection.scalars(shops)),
        *_of_type(ItemType.OFFER, connection.scalars(theirs)),
    )
    return frozenset({(ItemType.TAG.value, tag_key), *found})


def _of_type(item_type: ItemType, keys: Iterable[int]) -> Iterable[tuple[int, int]]:
    return ((item_type.value, key) for key in keys)


def _rows(connection: Connection, table: Table, wanted: Selection, edges: Tallies) -> Iterable[Row]:
    if table is daily_items and wanted.items is None:
        return
    names = [column.name for column in table.primary_key.columns]
    for row in _whole_days(connection, table, wanted):
        yield dict(zip(names, row, strict=False)), tuple(row[len(names) :])
    for key, figures in edges.of(table).items():
        dimensions = dict(zip(names, key, strict=True))
        if wanted.admits(dimensions):
            yield dimensions, figures


def _whole_days(connection: Connection, table: Table, wanted: Selection) -> Iterable[Any]:
    query = select(table).where(*conditions(table, wanted))
    if table is not daily_items:
        yield from connection.execute(query)
        return
    for item_type, keys in _by_type(wanted.items or frozenset()):
        for chunk in chunks(keys):
            yield from connection.execute(
                query.where(table.c.item_type == item_type, table.c.item_key.in_(chunk))
            )


def conditions(table: Table, wanted: Selection) -> Iterable[ColumnElement[bool]]:
    """What the rows of a rollup must fulfil, but for their items: the whole days of the period, and the dimensions."""
    first, end = wanted.period.days
    if first is not None:
        yield table.c.day >= first
    if end is not None:
        yield table.c.day < end
    for name in ("model_version", "arm", "region", "position", "platform"):
        value = getattr(wanted, name)
        if value is not None and name in table.c:
            yield table.c[name] == value


def _by_type(items: Items) -> Iterable[tuple[int, Collection[int]]]:
    for item_type in ItemType:
        keys = sorted(key for kind, key in items if kind == item_type)
        if keys:
            yield item_type.value, keys
