"""What a student can do, to what, and where; the codes are what the store and the models keep."""

from __future__ import annotations

from enum import IntEnum


class ItemType(IntEnum):
    """What an interaction is about (D18)."""

    OFFER = 1
    SHOP = 2
    TAG = 3
    KEYWORD = 4


class InteractionType(IntEnum):
    """What the student did (D18)."""

    FILTER_CLICK = 1
    SHARE = 2
    PAGE_VIEW = 3
    DISCOUNT_CODE = 4


class Platform(IntEnum):
    """Where it happened (D23)."""

    ANDROID = 1
    IOS = 2
    WEB = 3
    OTHER = 4


class Outcome(IntEnum):
    """What became of the claim that an interaction came of a recommendation (contract §5)."""

    MATCHED = 1
    INFERRED = 2
    ITEM_NOT_SHOWN = 3
    OTHER_STUDENT = 4
    EXPIRED = 5
    BEFORE_SERVED = 6
    UNKNOWN_ID = 7
    MISSING_ID = 8
    FORGED = 9

    @property
    def attributed(self) -> bool:
        """Whether the interaction counts as caused-by-claim: only MATCHED and INFERRED do."""
        return self in (Outcome.MATCHED, Outcome.INFERRED)


ITEM_RECORD_TYPES = {
    ItemType.OFFER: "offers",
    ItemType.SHOP: "shops",
    ItemType.TAG: "tags",
    ItemType.KEYWORD: "keywords",
}
"""The uploaded record type that holds the items of each item type."""
