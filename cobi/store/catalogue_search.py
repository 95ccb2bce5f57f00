"""Looking through shops, offers, tags and keywords by name; small tables, so that they may be read as a whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, select

from cobi.store.query import Query
from cobi.store.schema import ENTITIES

_shops = ENTITIES["shops"]


def page(connection: Connection, kind: str, text: str | None, limit: int, after: int) -> list[dict[str, Any]]:
    """Up to `limit` items that have the text in their names, in upload order behind the row with key `after`."""
    table = ENTITIES[kind]
    query = _listed(table).where(table.c.key > after).order_by(table.c.key).limit(limit)
    if text:
        query = query.where(func.lower(table.c.name).contains(text.lower(), autoescape=True))
    return [dict(row) for row in connection.execute(query).mappings()]


def _listed(table: Table) -> Query:
    """Key, id, name, region where there is one, and the shop of an offer."""
    columns = [table.c.key, table.columns.values()[1].label("id"), table.c.name, table.c.is_deleted]
    if "region" in table.c:
        columns.append(table.c.region)
    if "shop_key" not in table.c:
        return select(*columns)
    shop = (_shops.c.name.label("shop"), _shops.c.shop_id)
    return select(*columns, *shop).join(_shops, _shops.c.key == table.c.shop_key)
