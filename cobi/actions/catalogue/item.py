"""One item of the catalogue: its record, how it did day by day, what keeps it out now, what resembles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cobi.actions import browse
from cobi.actions.catalogue import performance
from cobi.actions.catalogue.listing import Stand, days_of, period, row_of
from cobi.actions.catalogue.performance import NOTHING
from cobi.actions.ranking.ranked import scores_of
from cobi.actions.recommending import recommend
from cobi.actions.recommending.recommend import Answer, Maker
from cobi.actions.recommending.why_not import hindrances, told
from cobi.domain.catalogue import ITEM_TYPES
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.moments import format_day
from cobi.domain.recommendation import Wanted
from cobi.domain.records import RECORD_TYPES
from cobi.store.item_days import reading
from cobi.store.item_days.reading import Days
from cobi.store.labels import labels, shops_of

MOST_IN_FULL = 400
"""Days of a period that are told of though nothing happened on them."""


def item(stand: Stand, kind: str, identifier: bytes, named: tuple[int, int] | None) -> dict[str, Any]:
    """All of one item, with how it did in the `named` period; raises NotFound."""
    item_type, catalogue, days = ITEM_TYPES[kind], stand.shelf.catalogue, days_of(named, stand.now)
    record = browse.one(stand.connection, RECORD_TYPES[kind], identifier)
    row = row_of(stand.shelf, item_type, identifier)
    family = performance.family(catalogue, row)
    did = stand.performances.of(stand.connection, stand.shelf, days)
    causes = hindrances(stand.connection, item_type, int(catalogue.item_key[row]), None, stand.local_now)
    return {
        "kind": kind,
        "id": format_id(identifier),
        "name": record["name"],
        "record": record,
        "removed_by": told(causes),
        "belongs_to": _parents(stand, row),
        "offers": sum(1 for of, _ in family if of == ItemType.OFFER and item_type is not ItemType.OFFER),
        "performance": performance.told(did.figures[row].tolist()),
        "by_day": _by_day(reading.course(stand.connection, family, days), days),
        **period(days, did),
    }


def similar(maker: Maker, kind: str, identifier: bytes, limit: int) -> dict[str, Any]:
    """The items of its kind that resemble one, as they would be answered now, with reasons; neither logged nor counted.

    Offers and shops are those of its own region. Raises NotFound.
    """
    item_type = ITEM_TYPES[kind]
    answer = _beside(maker, item_type, identifier, Wanted(limit, explain=True, item_type=item_type))
    shelf, impression = answer.made.shelf, answer.impression
    keys = impression.items.tolist()
    called = labels(maker.connection, kind, keys)
    shops = shops_of(maker.connection, keys) if item_type is ItemType.OFFER else dict[int, str]()
    scores = scores_of(shelf, answer.made.x)[shelf.catalogue.rows(item_type, impression.items)]
    reasons = answer.recommendation.reasons or ()
    return {
        "kind": kind,
        "id": format_id(identifier),
        "model_version": impression.model_version,
        "items": [
            {
                "item_id": format_id(called[key][0]),
                "name": called[key][1],
                "shop": shops.get(key),
                "score": float(score),
                "reasons": [reason.as_json() for reason in why],
            }
            for key, score, why in zip(keys, scores, reasons, strict=True)
        ],
    }


def _beside(maker: Maker, item_type: ItemType, identifier: bytes, wanted: Wanted) -> Answer:
    if item_type is ItemType.OFFER:
        return recommend.for_offer(maker, identifier, wanted)
    row, shelf = row_of(maker.shelf, item_type, identifier), maker.shelf
    if item_type is not ItemType.SHOP:
        return recommend.beside(maker, row, wanted, None)
    own = str(shelf.shop_regions[row - shelf.catalogue.of_type(item_type).start])
    return recommend.beside(maker, row, wanted, (own,))


def _parents(stand: Stand, row: int) -> list[dict[str, str]]:
    """What an item belongs to, and what that does: an offer's shop, a shop's tags and keywords."""
    links, catalogue = stand.shelf.catalogue.links, stand.shelf.catalogue
    first = links[links[:, 0] == row, 1]
    rows = np.concatenate([first, links[np.isin(links[:, 0], first), 1]])
    found: list[dict[str, str]] = []
    for item_type in ItemType:
        own = rows[catalogue.item_type[rows] == item_type]
        called = labels(stand.connection, ITEM_RECORD_TYPES[item_type], catalogue.item_key[own].tolist())
        found += [
            {"kind": ITEM_RECORD_TYPES[item_type], "id": format_id(identifier), "name": name}
            for identifier, name in (called[key] for key in sorted(called))
        ]
    return found


def _by_day(course: Mapping[int, list[int]], days: Days) -> list[dict[str, Any]]:
    """Every day of the period; of a long one the days with figures alone."""
    every = range(days.first, days.end) if days.end - days.first <= MOST_IN_FULL else sorted(course)
    return [{"day": format_day(day), **performance.told(course.get(day, NOTHING))} for day in every]
