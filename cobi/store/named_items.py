"""The items that a rule names, by their ids or by what they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, select

from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType
from cobi.domain.segments.rule import Did
from cobi.store.schema import ENTITIES

_LABELS = {ItemType.TAG: ("shop-tags", "tag_key"), ItemType.KEYWORD: ("shop-keywords", "keyword_key")}
_offers = ENTITIES["offers"]

Keys = Select[int]
"""A query of keys."""


def items(did: Did) -> Iterator[tuple[ItemType, Keys]]:
    """All that an interaction the condition counts may be with, by type; of one type in several queries."""
    for item_type, named in did.items().items():
        yield item_type, keys_of(ITEM_RECORD_TYPES[item_type], named)
        if item_type in _LABELS:
            shops = _shops_with(item_type, named)
            yield ItemType.SHOP, shops
            yield ItemType.OFFER, _offers_of(shops)
        if item_type is ItemType.SHOP:
            yield ItemType.OFFER, _offers_of(keys_of("shops", named))


def keys_of(record_type: str, wanted: Sequence[bytes]) -> Keys:
    """The keys of the ids that are stored."""
    table = ENTITIES[record_type]
    return select(table.c.key).where(table.columns.values()[1].in_(wanted))


def _shops_with(label: ItemType, wanted: Sequence[bytes]) -> Keys:
    name, column = _LABELS[label]
    table = ENTITIES[name]
    labelled = table.c[column].in_(keys_of(ITEM_RECORD_TYPES[label], wanted))
    return select(table.c.shop_key).where(labelled, table.c.is_deleted.is_not(True))


def _offers_of(shops: Keys) -> Keys:
    return select(_offers.c.key).where(_offers.c.shop_key.in_(shops))
