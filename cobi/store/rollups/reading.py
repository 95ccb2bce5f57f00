"""Reading figures of a period: whole days, and quarters of an hour for what it cuts off days.

Of a day that is cut the shorter part is read, to be added or taken back. Only a period that cuts quarters of an hour,
which no day of any time zone does, has the rest of them counted from the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from cobi.domain.interaction import ItemType
from cobi.store.keys import chunks
from cobi.store.query import Query
from cobi.store.rollups.period import EVER, Period
from cobi.store.rollups.recount import recount
from cobi.store.rollups.tables import (
    ANSWERS,
    CLICKS,
    ITEMS,
    OUTCOMES,
    PLATFORMS,
    QUARTERS,
    Rollup,
)
from cobi.store.rollups.tallies import Figures, Tallies, by_day
from cobi.store.schema import ENTITIES

Items = frozenset[tuple[int, int]]
"""(type, key) of items."""

_FEW_ITEMS = 500

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

    @property
    def rollups(self) -> tuple[Rollup, ...]:
        """Those that tell of it."""
        if self.items is not None:
            return ANSWERS, ITEMS, OUTCOMES
        if self.platform is not None:
            return ANSWERS, PLATFORMS, OUTCOMES
        return ANSWERS, CLICKS, PLATFORMS, OUTCOMES

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
    """The wanted rows of each rollup, none of those that do not tell of what is wanted."""

    answers: list[Row]
    clicks: list[Row]
    platforms: list[Row]
    items: list[Row]
    outcomes: list[Row]


def read(connection: Connection, wanted: Selection) -> Reading:
    """The figures that are wanted."""
    rest = counted(connection, wanted, wanted.rollups)
    rollups = (ANSWERS, CLICKS, PLATFORMS, ITEMS, OUTCOMES)
    return Reading(*(list(_rows(connection, rollup, wanted, rest)) for rollup in rollups))


def counted(connection: Connection, wanted: Selection, rollups: Collection[Rollup]) -> Tallies:
    """What is left of a period beside whole quarters of an hour, counted from the rows; also of what is not wanted."""
    found = Tallies()
    for part, added in wanted.period.corrections:
        some = recount(connection, part, rollups, _few(wanted.items))
        (found.add_all if added else found.take_back)(some)
    return found


def _few(items: Items | None) -> Items | None:
    """Items to look for in the database; to choose among many is quicker here."""
    return items if items is not None and len(items) <= _FEW_ITEMS else None


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


def _rows(connection: Connection, rollup: Rollup, wanted: Selection, rest: Tallies) -> Iterable[Row]:
    if rollup not in wanted.rollups:
        return
    names = rollup.days.primary_key.columns.keys()
    for row in _whole_days(connection, rollup, wanted):
        yield dict(zip(names, row, strict=False)), tuple(row[len(names) :])
    yield from _quarters(connection, rollup, wanted)
    for key, figures in by_day(rollup, rest.of(rollup)).items():
        dimensions = dict(zip(names, key, strict=True))
        if wanted.admits(dimensions):
            yield dimensions, figures


def _whole_days(connection: Connection, rollup: Rollup, wanted: Selection) -> Iterable[Any]:
    query = select(rollup.days).where(*of_days(rollup, wanted))
    yield from _executed(connection, query, rollup.days, wanted.items)


def _quarters(connection: Connection, rollup: Rollup, wanted: Selection) -> Iterable[Row]:
    """What makes up for the days that are cut, added up by day in the database."""
    table = rollup.quarters
    keys = [column for column in table.primary_key.columns if column.name != "quarter_hour"]
    day = (table.c.quarter_hour // QUARTERS).label("day")
    figures = [func.sum(column) for column in table.columns if column not in {*table.primary_key.columns}]
    names = ("day", *(column.name for column in keys))
    query: Query = select(day, *keys, *figures).group_by(day, *keys)
    for first, end, added in wanted.period.quarters:
        asked = query.where(_between(rollup, first, end), *dimensions_of(table, wanted))
        for row in _executed(connection, asked, table, wanted.items):
            sums = (int(value) if added else -int(value) for value in row[len(names) :])
            yield dict(zip(names, row, strict=False)), tuple(sums)


def _executed(connection: Connection, query: Query, table: Table, items: Items | None) -> Iterable[Any]:
    """The rows of a query, of a rollup of items those of the wanted ones."""
    if "item_key" not in table.c:
        yield from connection.execute(query)
        return
    for item_type, keys in _by_type(items or frozenset()):
        for chunk in chunks(keys):
            yield from connection.execute(
                query.where(table.c.item_type == item_type, table.c.item_key.in_(chunk))
            )


def _between(rollup: Rollup, first: int, end: int) -> ColumnElement[bool]:
    quarter = rollup.quarters.c.quarter_hour
    # The key goes on with the item, which is looked up in each quarter of an hour by itself.
    return quarter.in_(range(first, end)) if rollup is ITEMS else quarter.between(first, end - 1)


def of_days(rollup: Rollup, wanted: Selection) -> Iterable[ColumnElement[bool]]:
    """What rows of whole days must fulfil, but for their items."""
    first, end = wanted.period.days
    if first is not None:
        yield rollup.days.c.day >= first
    if end is not None:
        yield rollup.days.c.day < end
    yield from dimensions_of(rollup.days, wanted)


def dimensions_of(table: Table, wanted: Selection) -> Iterable[ColumnElement[bool]]:
    """What rows must fulfil, but for their times and items."""
    for name in ("model_version", "arm", "region", "position", "platform"):
        value = getattr(wanted, name)
        if value is not None and name in table.c:
            yield table.c[name] == value


def _by_type(items: Items) -> Iterable[tuple[int, Collection[int]]]:
    for item_type in ItemType:
        keys = sorted(key for kind, key in items if kind == item_type)
        if keys:
            yield item_type.value, keys
