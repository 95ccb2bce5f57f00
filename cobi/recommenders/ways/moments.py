"""The moment: what is touched more on this weekday, and in these hours, than at other times."""

from __future__ import annotations

import numpy as np

from cobi.recommenders.dataset import Events
from cobi.recommenders.piece import Piece, whole_rows
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import BANDS, MICROSECONDS_PER_DAY, WEEKDAYS, SignalSpace, moment_signals
from cobi.recommenders.sparse import sums
from cobi.recommenders.ways.popularity import log_lift

FEWEST_DAYS = 21
"""Of fewer, a weekday would be told by one or two days."""


def moment(space: SignalSpace, events: Events, settings: Settings) -> Piece | None:
    """Rows of weekdays and parts of the day: log of how much more an item is touched then, shrunken as traits are."""
    days = np.unique(events.time // MICROSECONDS_PER_DAY)
    if len(days) < FEWEST_DAYS:
        return None
    total = sums(events.item, np.ones(len(events)), space.items)
    rows = np.zeros((WEEKDAYS + BANDS, space.items), np.float32)
    for part in moment_signals(space, events.time).T - space.moment.start:
        for one in np.unique(part).tolist():
            own = sums(events.item[part == one], np.ones(int((part == one).sum())), space.items)
            rows[one] = log_lift(total, own, settings.lift_prior)
    return whole_rows(np.array(space.moment), rows)
