"""What segments would be recommended now; neither logged nor counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cobi.actions.ranking.explain import told
from cobi.actions.ranking.ranked import Order, rank
from cobi.actions.ranking.shelf import Shelf
from cobi.actions.segments.crowds import Stand
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.segments.rule import Rule
from cobi.recommenders.signals import Signals
from cobi.store import segments
from cobi.store.database import Connection
from cobi.store.labels import labels, shops_of

PATIENCE_SECONDS = 1.0
"""For so long a list works out what its segments get; for those that would take longer it is null."""


def recommended(
    connection: Connection,
    shelf: Shelf,
    x: Signals | None,
    rule: Rule,
    local_now: datetime,
    limit: int,
    *,
    explain: bool = True,
) -> list[dict[str, Any]]:
    """The offers those who meet a rule would be shown, best first, with names and reasons."""
    order = Order(ItemType.OFFER, rule.regions or None, limit, 0, local_now, shelf.settings)
    rows = rank(shelf, x, order).rows
    keys = shelf.catalogue.item_key[rows].tolist()
    called, shops = labels(connection, ITEM_RECORD_TYPES[ItemType.OFFER], keys), shops_of(connection, keys)
    found: list[dict[str, Any]] = [
        {"offer_id": format_id(called[key][0]), "name": called[key][1], "shop": shops[key]} for key in keys
    ]
    for one, reasons in zip(found, told(connection, shelf, x, rows) if explain else (), strict=explain):
        one["reasons"] = [reason.as_json() for reason in reasons]
    return found


def with_offers(
    stand: Stand,
    listed: dict[str, Any],
    limit: int,
    patience: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """A list of segments, each with the offers it would be shown, as far as there is time."""
    connection, shelf, crowds, when, local_now = stand
    until = clock() + patience
    by_id = {format_id(one.segment_id): one for one in segments.everything(connection)}
    for one in listed["segments"]:
        segment = by_id.get(one["segment_id"])
        one["offers"] = None
        if segment is not None and clock() + crowds.seconds_of(connection, shelf, segment, when) < until:
            x = crowds.signals(connection, shelf, segment, when)
            one["offers"] = recommended(connection, shelf, x, segment.rule, local_now, limit, explain=False)
    return listed
