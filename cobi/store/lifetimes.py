"""When each item was there and where students are: what could have been shown at a moment long ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, case, func, select

from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.store.schema import ENTITIES

ALWAYS = np.iinfo(np.int64)
"""The open ends of a lifetime: its `min` and `max`."""

_shops, _offers, _customers = ENTITIES["shops"], ENTITIES["offers"], ENTITIES["customers"]


@dataclass(frozen=True)
class Lifetimes:
    """Of all items of one type, in key order, in microseconds; `ended` exclusive.

    `born` is when the marketplace made it, else when it might first be shown, else unknown (ALWAYS.min). One
    that is deleted, disabled or not public ended when its record, or its shop's, was last changed.
    """

    born: NDArray[np.int64]
    ended: NDArray[np.int64]


def lifetimes(connection: Connection, item_type: ItemType) -> Lifetimes:
    """The lifetimes of all items of a type."""
    table = ENTITIES[ITEM_RECORD_TYPES[item_type]]
    born, usable = table.c.created, table.c.is_deleted.is_not(True)
    changed = func.coalesce(table.c.updated, table.c.uploaded)
    source, ends = table, [(usable, changed)]
    if item_type is ItemType.SHOP:
        ends = [(usable & table.c.is_public.is_not(False), changed)]
    if item_type is ItemType.OFFER:
        born = func.coalesce(table.c.created, table.c.allowed_from)
        shop = _shops.c.is_deleted.is_not(True) & _shops.c.is_public.is_not(False)
        ends = [
            (usable & table.c.is_enabled.is_not(False), changed),
            (shop, func.coalesce(_shops.c.updated, _shops.c.uploaded)),
        ]
        source = _offers.join(_shops, _shops.c.key == _offers.c.shop_key)
    columns = [case((holds, None), else_=when) for holds, when in ends]
    rows = connection.execute(select(born, *columns).select_from(source).order_by(table.c.key)).all()
    return Lifetimes(
        np.array([ALWAYS.min if row[0] is None else row[0] for row in rows], np.int64),
        np.array(
            [min((end for end in row[1:] if end is not None), default=ALWAYS.max) for row in rows], np.int64
        ),
    )


def student_regions(connection: Connection) -> list[str]:
    """The regions of all students, in key order."""
    return list(connection.scalars(select(_customers.c.region).order_by(_customers.c.key)))
