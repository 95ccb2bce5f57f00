"""A page of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions import cursors
from cobi.actions.catalogue import performance
from cobi.actions.catalogue.performance import IMPRESSIONS, Performance, Performances
from cobi.actions.catalogue.unshown import Overlooked
from cobi.actions.ranking.shelf import Shelf
from cobi.domain.catalogue import FIGURES, Looking, last_days
from cobi.domain.errors import NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, format_day, format_moment, from_datetime
from cobi.store import catalogue_search
from cobi.store.catalogue import ALWAYS
from cobi.store.database import Connection
from cobi.store.item_days.reading import Days

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Stand:
    """What is looked at: the data, what may be shown, and how everything did."""

    connection: Connection
    shelf: Shelf
    performances: Performances
    local_now: datetime

    @property
    def now(self) -> int:
        """The moment."""
        return from_datetime(self.local_now)


def listing(
    connection: Connection, kind: str, text: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """The items of a kind that have a text in their names, in upload order.

    A page may hold fewer than asked for, though there is a next one: so many names are looked at for one request.
    """
    after: int = cursors.decode(cursor, cursors.Key) if cursor else 0
    found = catalogue_search.page(connection, kind, text, limit, after)
    following = None if found.last is None else cursors.encode(found.last)
    return {"records": [card(row) for row in found.rows], "next_cursor": following}


def looked_through(stand: Stand, asked: Looking, limit: int, cursor: str | None) -> dict[str, Any]:
    """The items that meet what is asked, with how they did, best first."""
    shelf, days = stand.shelf, days_of(asked.period, stand.now)
    did = stand.performances.of(stand.connection, shelf, days)
    rows, all_read = _wanted(stand, asked, did)
    values = _values(stand, asked, did)[rows - shelf.catalogue.of_type(asked.item_type).start]
    order = np.lexsort((rows, -values))
    rows, values = rows[order], values[order]
    # Rows are in the order of keys; what came meanwhile moves no place of the pages before.
    keys = shelf.catalogue.item_key[rows]
    if cursor:
        value, key = cursors.decode(cursor, tuple[float, cursors.Key])
        behind = (values < value) | ((values == value) & (keys > key))
        rows, values, keys = rows[behind], values[behind], keys[behind]
    more = len(rows) > limit
    page = rows[:limit]
    return {
        "records": _records(stand, asked, days, did, page),
        "next_cursor": cursors.encode((float(values[limit - 1]), int(keys[limit - 1]))) if more else None,
        "matching": None if cursor else len(rows),
        "all_names_read": all_read,
        **period(days, did),
    }


def days_of(period: tuple[int, int] | None, now: int) -> Days:
    """The days of a period, the usual ones where none is named."""
    return Days(*(last_days(now) if period is None else period))


def period(days: Days, did: Performance) -> dict[str, Any]:
    """Of when the figures are, and up to when they are counted."""
    return {
        "from": format_day(days.first),
        "to": format_day(days.end),
        "counted": None if did.counted is None else format_moment(did.counted),
    }


def card(row: dict[str, Any]) -> dict[str, Any]:
    """An item in few words."""
    shop = row.get("shop_id")
    return {
        "id": format_id(row["id"]),
        "name": row["name"],
        "region": row.get("region"),
        "shop_id": None if shop is None else format_id(shop),
        "shop": row.get("shop"),
        "is_deleted": bool(row["is_deleted"]),
    }


def _wanted(stand: Stand, asked: Looking, did: Performance) -> tuple[Rows, bool]:
    """The catalogue rows that meet all conditions, and whether every name was looked at."""
    shelf, span = stand.shelf, stand.shelf.catalogue.of_type(asked.item_type)
    chosen, all_read = np.ones(span.stop - span.start, np.bool_), True
    if asked.search is not None:
        keys, all_read = catalogue_search.matching(stand.connection, asked.kind, asked.search)
        chosen &= np.isin(shelf.catalogue.item_key[span], keys)
    if asked.region is not None:
        chosen &= shelf.terms.region == asked.region
    if asked.belongs_to is not None:
        chosen &= _belonging(shelf, *asked.belongs_to)[span]
    if asked.expiring_within is not None:
        end = shelf.terms.allowed_to
        chosen &= shelf.terms.usable & (end >= stand.now) & (end < stand.now + asked.expiring_within * DAY)
    if asked.unshown is not None:
        allowed = shelf.eligibility.at(ItemType.OFFER, None, stand.local_now)
        chosen &= allowed.mask[span] & (did.figures[span, IMPRESSIONS] <= asked.unshown)
    return np.flatnonzero(chosen) + span.start, all_read


def row_of(shelf: Shelf, item_type: ItemType, identifier: bytes) -> int:
    """The catalogue row of an item; raises NotFound."""
    row = shelf.place_of(item_type).get(identifier)
    if row is None:
        message = f"{item_type.name.lower()} {format_id(identifier)} is not stored"
        raise NotFound(message, code="unknown_record")
    return row


def _belonging(shelf: Shelf, item_type: ItemType, identifier: bytes) -> NDArray[np.bool_]:
    """Which rows belong to a shop, a tag or a keyword."""
    row = row_of(shelf, item_type, identifier)
    mask = np.zeros(shelf.catalogue.size, np.bool_)
    for kind, key in performance.family(shelf.catalogue, row):
        mask[shelf.catalogue.rows(ItemType(kind), np.array([key]))] = True
    return mask


def _values(stand: Stand, asked: Looking, did: Performance) -> NDArray[np.float64]:
    """What all items of the kind are sorted by, largest first."""
    span = stand.shelf.catalogue.of_type(asked.item_type)
    if asked.sort in FIGURES:
        return did.values(span, asked.sort)
    if asked.sort == "expires":
        return -stand.shelf.terms.allowed_to.astype(np.float64)
    order = np.arange(span.stop - span.start, dtype=np.float64)
    return order if asked.sort == "newest" else -order


def _records(stand: Stand, asked: Looking, days: Days, did: Performance, page: Rows) -> list[dict[str, Any]]:
    shelf, keys = stand.shelf, stand.shelf.catalogue.item_key[page].tolist()
    found = catalogue_search.described(stand.connection, asked.kind, keys)
    allowed = shelf.eligibility.at(asked.item_type, None, stand.local_now).mask
    why = Overlooked(shelf, stand.local_now, stand.connection, days)
    return [
        {
            **card(found[key]),
            "since": format_moment(found[key]["since"]),
            "allowed_to": _end(found[key].get("allowed_to")),
            "eligible": bool(allowed[row]),
            "performance": performance.told(did.figures[row].tolist()),
            **({} if asked.unshown is None else {"why": why.reasons(row, found[key])}),
        }
        for row, key in zip(page.tolist(), keys, strict=True)
    ]


def _end(moment: int | None) -> str | None:
    return None if moment is None or moment >= ALWAYS.max else format_moment(moment)
