"""What was known of a student at a moment that has passed, and what stands in an item's way today."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, literal, select

from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.store import histories
from cobi.store.events import FAVOURITE, TRANSACTION
from cobi.store.schema import ENTITIES, interactions

_customers, _offers, _shops = (ENTITIES[name] for name in ("customers", "offers", "shops"))
_transactions, _favourites = ENTITIES["transactions"], ENTITIES["student-favourites"]


def customer(connection: Connection, key: int) -> dict[str, Any] | None:
    """A student's row as it is today, with when it was uploaded last."""
    row = connection.execute(select(_customers).where(_customers.c.key == key)).mappings().first()
    return None if row is None else dict(row)


def events_until(connection: Connection, student_key: int, moment: int) -> NDArray[np.int64]:
    """What a student was known by a moment to have done: the rows of `events.of_students`, and when each arrived.

    Shape (n, 6). What was uploaded again since, or is gone, is not among them.
    """
    acted, bought, liked = interactions.c, _transactions.c, _favourites.c
    shop, offer = literal(ItemType.SHOP.value), literal(ItemType.OFFER.value)
    theirs = histories.of_students(connection, [student_key])
    bought_at = func.coalesce(bought.created, bought.uploaded)
    paid = (bought.student_key == student_key, bought.is_deleted.is_not(True), bought.uploaded <= moment)
    queries = (
        select(
            acted.student_key,
            acted.item_type,
            acted.item_key,
            acted.interaction_type,
            acted.event_timestamp,
            acted.received,
        ).where(theirs, acted.received <= moment),
        select(
            bought.student_key, shop, bought.shop_key, literal(TRANSACTION), bought_at, bought.uploaded
        ).where(*paid),
        select(
            bought.student_key, offer, bought.offer_key, literal(TRANSACTION), bought_at, bought.uploaded
        ).where(*paid, bought.offer_key.is_not(None)),
        select(
            liked.student_key,
            shop,
            liked.shop_key,
            literal(FAVOURITE),
            func.coalesce(liked.created, liked.uploaded),
            liked.uploaded,
        ).where(liked.student_key == student_key, liked.is_deleted.is_not(True), liked.uploaded <= moment),
    )
    rows = [tuple(row) for query in queries for row in connection.execute(query)]
    return np.array(rows, np.int64).reshape(-1, 6)


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
