"""How items did: what was counted of each, a shop with its offers, a tag or keyword with the shops that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.reporting.figures import rate
from cobi.analytics.intervals import wilson_lows
from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue
from cobi.store.database import Connection
from cobi.store.item_days import reading
from cobi.store.item_days.counting import Item
from cobi.store.item_days.reading import Days
from cobi.store.item_days.tables import FIGURES

IMPRESSIONS, CLICKED, REVEALED, INTERACTIONS, CODE_REVEALS = range(len(FIGURES))
NOTHING = (0,) * len(FIGURES)
_KEPT = 8


@dataclass(frozen=True)
class Performance:
    """Of each catalogue row the figures in the order of FIGURES, shape (size, 5), as of the moment `counted`."""

    figures: NDArray[np.int64]
    counted: int | None

    def values(self, span: slice, sort: str) -> NDArray[np.float64]:
        """What rows are sorted by, largest first."""
        own = self.figures[span]
        if sort == "click_through_rate":
            return wilson_lows(own[:, CLICKED], own[:, IMPRESSIONS])
        if sort == "code_reveal_rate":
            return wilson_lows(own[:, REVEALED], own[:, IMPRESSIONS])
        return own[:, FIGURES.index(sort)].astype(np.float64)


class Performances:
    """What was read of a few periods, until more is counted or the catalogue changes; for several threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Performance] = {}

    def of(self, connection: Connection, shelf: Shelf, days: Days) -> Performance:
        """How everything did in these days."""
        state = reading.state(connection)
        key = (state, shelf.revision.catalogue, days)
        found = self._kept.get(key)
        if found is None:
            found = Performance(_read(connection, shelf.catalogue, days), state.counted)
            # Of a state that has passed nothing is asked again.
            kept = {one: value for one, value in self._kept.items() if one[:2] == key[:2]}
            self._kept = {**dict(list(kept.items())[1 - _KEPT :]), key: found}
        return found


def _read(connection: Connection, catalogue: Catalogue, days: Days) -> NDArray[np.int64]:
    found, rows = reading.sums(connection, days), np.zeros((catalogue.size, len(FIGURES)), np.int64)
    for item_type in ItemType:
        own = found[found[:, 0] == item_type]
        places = catalogue.rows(item_type, own[:, 1])
        rows[places[places != ABSENT]] = own[places != ABSENT, 2:]
    return with_belongings(catalogue, rows)


def with_belongings(catalogue: Catalogue, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The figures, those of offers added to their shops', and these to their tags' and keywords'."""
    whole, (child, parent) = rows.copy(), (catalogue.links[:, 0], catalogue.links[:, 1])
    for kind in (ItemType.OFFER, ItemType.SHOP):
        own = catalogue.item_type[child] == kind
        np.add.at(whole, parent[own], whole[child[own]])
    return whole


def family(catalogue: Catalogue, row: int) -> list[Item]:
    """An item and all that belongs to it, each once."""
    found, fresh = {row}, {row}
    while fresh:
        below = catalogue.links[np.isin(catalogue.links[:, 1], list(fresh)), 0]
        fresh = set(below.tolist()) - found
        found |= fresh
    return [(int(catalogue.item_type[one]), int(catalogue.item_key[one])) for one in sorted(found)]


def told(figures: Sequence[int]) -> dict[str, Any]:
    """Figures as clients read them, with rates per impression and their 95 % intervals."""
    impressions, clicked, revealed, interactions, code_reveals = map(int, figures)
    return {
        "impressions": impressions,
        "clicked_impressions": clicked,
        "revealed_impressions": revealed,
        "interactions": interactions,
        "code_reveals": code_reveals,
        "click_through_rate": rate(clicked, impressions),
        "code_reveal_rate": rate(revealed, impressions),
    }
