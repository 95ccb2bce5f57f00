"""Which items a student has used already, and what that means for the next list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY
from cobi.domain.organisation_settings import Seen, seen_setting
from cobi.recommenders.dataset import EventKind

_TAKEN = (EventKind.DISCOUNT_CODE, EventKind.TRANSACTION)
_KINDS = {
    ItemType.OFFER: _TAKEN,
    ItemType.SHOP: (*_TAKEN, EventKind.FAVOURITE),
    ItemType.TAG: tuple(EventKind),
    ItemType.KEYWORD: tuple(EventKind),
}


def policy(settings: Mapping[str, Any], item_type: ItemType) -> Seen:
    """What the settings say of used items of a type."""
    return Seen[settings[seen_setting(item_type)]]


def used_rows(
    rows: NDArray[np.int64],
    kinds: NDArray[np.int64],
    times: NDArray[np.int64],
    now: int,
    item_type: ItemType,
    settings: Mapping[str, Any],
    shop: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The rows of the catalogue that events say were used, shops by their offers too; each once, ascending."""
    recent = (rows >= 0) & (times > now - settings["seen_days"] * DAY) & np.isin(kinds, _KINDS[item_type])
    found = np.unique(rows[recent])
    if item_type is ItemType.SHOP:
        owners = shop[found]
        found = np.unique(np.concatenate([found, owners[owners >= 0]]))
    return found
