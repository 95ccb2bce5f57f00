"""A page of the catalogue."""

from __future__ import annotations

from typing import Any

from cobi.actions import cursors
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES
from cobi.store import catalogue_search
from cobi.store.database import Connection

KINDS = tuple(ITEM_RECORD_TYPES.values())


def listing(
    connection: Connection, kind: str, text: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """The items of a kind that have a text in their names, in upload order."""
    after: int = cursors.decode(cursor, cursors.Key) if cursor else 0
    rows = catalogue_search.page(connection, kind, text, limit, after)
    following = cursors.encode(rows[-1]["key"]) if len(rows) == limit else None
    return {"records": [_item(row) for row in rows], "next_cursor": following}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    shop = row.get("shop_id")
    return {
        "id": format_id(row["id"]),
        "name": row["name"],
        "region": row.get("region"),
        "shop_id": None if shop is None else format_id(shop),
        "shop": row.get("shop"),
        "is_deleted": bool(row["is_deleted"]),
    }
