"""From who asks and what is wanted to a list: the one way in which answers are ranked, given and told again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.ranking.used import policy, used_rows
from cobi.domain.interaction import ItemType
from cobi.domain.moments import from_datetime
from cobi.domain.organisation_settings import Seen
from cobi.recommenders.dataset import Trait
from cobi.recommenders.lists.slate import NONE, Manner, compose
from cobi.recommenders.signals import Signals

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """What a student did, oldest first: catalogue rows (-1 unknown), kinds and moments."""

    rows: Rows
    kinds: Rows
    times: Rows


NOTHING = History(NONE, NONE, NONE)


def _no_rows() -> Rows:
    return NONE


@dataclass(frozen=True)
class Order:
    """What a list is made of, besides the shelf and the x of whom it is for.

    `above` are the rows of pages before, `excluded` what the caller does not want, `skipped` how many of the best
    to pass over where the pages before are not known.
    """

    item_type: ItemType
    regions: tuple[str, ...] | None
    limit: int
    seed: int
    local_now: datetime
    settings: Mapping[str, Any]
    history: History = NOTHING
    above: Rows = field(default_factory=_no_rows)
    excluded: Rows = field(default_factory=_no_rows)
    skipped: int = 0

    @property
    def now(self) -> int:
        """The moment it is ranked as of."""
        return from_datetime(self.local_now)


@dataclass(frozen=True)
class Slate:
    """Catalogue rows, best first, their scores and propensities; `candidates` is how many there were to choose from."""

    rows: Rows
    scores: NDArray[np.float64]
    propensities: NDArray[np.float64]
    candidates: int


EMPTY = Slate(NONE, np.empty(0), np.empty(0), 0)


@dataclass(frozen=True)
class Histories:
    """What several students did."""

    students: Rows
    """Each event's student, ascending."""
    events: History

    def of(self, student: int) -> History:
        """One student's events."""
        first, end = np.searchsorted(self.students, (student, student + 1)).tolist()
        whole = self.events
        return History(whole.rows[first:end], whole.kinds[first:end], whole.times[first:end])


def histories_of(shelf: Shelf, events: NDArray[np.int64]) -> Histories:
    """The rows of `events.of_students`; the same events give the same histories in any order."""
    columns = [events[:, at] for at in range(5)]
    order = np.lexsort((columns[3], columns[2], columns[1], columns[4], columns[0]))
    students, types, keys, kinds, times = (column[order] for column in columns)
    return Histories(students, History(shelf.rows_of(types, keys), kinds, times))


def history_of(shelf: Shelf, events: NDArray[np.int64]) -> History:
    """The same, all of one student."""
    return histories_of(shelf, events).events


def signals(shelf: Shelf, history: History, now: int, traits: Mapping[Trait, int]) -> Signals | None:
    """x of one student; None before the first training."""
    if shelf.model is None:
        return None
    return shelf.model.signals(history.rows, history.kinds, history.times, now, traits)


def scores_of(shelf: Shelf, x: Signals | None) -> NDArray[np.float64]:
    """Every item's score; 0 before the first training."""
    return np.zeros(shelf.catalogue.size) if shelf.model is None or x is None else shelf.model.score(x)


def rank(shelf: Shelf, x: Signals | None, order: Order) -> Slate:
    """The list."""
    scores = scores_of(shelf, x)
    groups = groups_of(shelf, order)
    limit = order.skipped + order.limit
    manner = manner_of(order.settings)
    rows, chances = compose(scores, groups, limit, order.seed, manner, shelf.kinship, order.above)
    rows, chances = rows[order.skipped :], chances[order.skipped :]
    return Slate(rows, scores[rows], chances, sum(map(len, groups)))


def groups_of(shelf: Shelf, order: Order) -> list[Rows]:
    """The candidates: those to be shown first, then those that were used already and stand behind."""
    allowed = shelf.eligibility.at(order.item_type, order.regions, order.local_now)
    used, seen = used_by(shelf, order), policy(order.settings, order.item_type)
    out = [order.above, order.excluded, *([used] if seen is not Seen.SHOW else [])]
    if not any(map(len, out)):
        return [allowed.rows]
    mask = allowed.mask.copy()
    mask[np.concatenate(out)] = False
    groups = [np.flatnonzero(mask)]
    if seen is Seen.LOWER:
        behind = used[allowed.mask[used] & ~np.isin(used, np.concatenate(out[:2]))]
        groups.append(behind)
    return groups


def used_by(shelf: Shelf, order: Order) -> Rows:
    """What the student has used already, where that matters."""
    if policy(order.settings, order.item_type) is Seen.SHOW:
        return NONE
    past, settings = order.history, order.settings
    return used_rows(
        past.rows, past.kinds, past.times, order.now, order.item_type, settings, shelf.kinship.shop
    )


def manner_of(settings: Mapping[str, Any]) -> Manner:
    """How the settings want lists made."""
    return Manner(
        settings["exploration_temperature"],
        settings["exploration_share"],
        settings["most_per_shop"],
        settings["diversity"],
    )


def rows_of_ids(shelf: Shelf, item_type: ItemType, ids: Collection[bytes]) -> Rows:
    """The rows of those of these items that are in the catalogue."""
    place = shelf.place_of(item_type)
    return np.array(sorted(place[one] for one in ids if one in place), np.int64)
