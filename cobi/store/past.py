"""Of whom a past answer was for, and what stands in an item's way: as the records say today."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, literal, select

from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.store.schema import ENTITIES

_customers, _offers, _shops = (ENTITIES[name] for name in ("customers", "offers", "shops"))


def customer(connection: Connection, key: int) -> dict[str, Any] | None:
    """A student's row as it is today, with when it was uploaded last."""
    row = connection.execute(select(_customers).where(_customers.c.key == key)).mappings().first()
    return None if row is None else dict(row)


def offer_state(connection: Connection, key: int) -> dict[str, Any]:
    """An offer's terms and its shop's, as they are today."""
    columns = (
        _offers.c.is_deleted,
        _offers.c.is_enabled,
        _offers.c.region,
        _offers.c.allowed_from,
        _offers.c.allowed_to,
        _offers.c.allowed_days,
        _shops.c.is_deleted.label("shop_is_deleted"),
        _shops.c.is_public.label("shop_is_public"),
    )
    query = select(*columns).join(_shops, _shops.c.key == _offers.c.shop_key).where(_offers.c.key == key)
    return dict(connection.execute(query).mappings().one())


def item_state(connection: Connection, item_type: ItemType, key: int) -> dict[str, Any]:
    """Whether a shop, tag or keyword is deleted, or a shop hidden, today."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    public = table.c.is_public if item_type is ItemType.SHOP else literal(None).label("is_public")
    row = connection.execute(select(table.c.is_deleted, public).where(table.c.key == key)).one()
    return {"is_deleted": row[0], "shop_is_public": row[1]}
