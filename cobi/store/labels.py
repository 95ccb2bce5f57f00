"""What records are called."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from cobi.store.keys import chunks
from cobi.store.schema import ENTITIES


def labels(connection: Connection, record_type: str, keys: Collection[int]) -> dict[int, tuple[bytes, str]]:
    """The id and the name of these records, by key."""
    table = ENTITIES[record_type]
    query = select(table.c.key, table.columns.values()[1], table.c.name)
    return {
        key: (identifier, name)
        for chunk in chunks(keys)
        for key, identifier, name in connection.execute(query.where(table.c.key.in_(chunk)))
    }


def shops_of(connection: Connection, offer_keys: Collection[int]) -> dict[int, str]:
    """What the shop of each of these offers is called, by the offer's key."""
    offers, shops = ENTITIES["offers"], ENTITIES["shops"]
    query = select(offers.c.key, shops.c.name).join(shops, shops.c.key == offers.c.shop_key)
    return {
        key: name
        for chunk in chunks(offer_keys)
        for key, name in connection.execute(query.where(offers.c.key.in_(chunk)))
    }
