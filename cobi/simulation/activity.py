"""What students did, in columns; records are written only to send them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType
from cobi.simulation.arrays import Ints


@dataclass(frozen=True, slots=True)
class Activity:
    """One interaction a row."""

    student: Ints
    interaction: Ints  # InteractionType
    item_type: Ints  # ItemType
    item: Ints  # row of the offer, shop, tag or keyword
    time: Ints  # moment
    slate: Ints  # number of the slate it came of, -1 for none

    def __len__(self) -> int:
        return len(self.student)

    def take(self, rows: Ints) -> Activity:
        """Answer some rows, in the order given."""
        return Activity(*(getattr(self, field.name)[rows] for field in fields(self)))

    def offer_counts(self, interaction: InteractionType, offers: int) -> Ints:
        """Count interactions of one type per offer."""
        chosen = (self.interaction == interaction) & (self.item_type == ItemType.OFFER)
        return np.bincount(self.item[chosen], minlength=offers)


def events(
    interaction: InteractionType,
    item_type: ItemType,
    student: Ints,
    item: Ints,
    time: Ints,
    slate: Ints | None = None,
) -> Activity:
    """Answer rows of one kind."""
    same = np.ones(len(student), dtype=np.int64)
    came_of = -same if slate is None else slate
    return Activity(student, same * interaction, same * item_type, item, time, came_of)


def in_order(parts: list[Activity]) -> Activity:
    """Join parts and sort them by time; what happened at once stays in the order given."""
    joined = Activity(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Activity)))
    return joined.take(np.argsort(joined.time, kind="stable"))
