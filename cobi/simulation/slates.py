"""What students do with a slate of recommended offers.

Position k (from 1) is looked at with probability k**-attention_decay, whatever stands there; who looks opens
and reveals as `World` says. All luck hangs on (student, turn, offer), so an offer moved up a slate is looked
at whenever it was looked at further down: policies differ only by what they show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import InteractionType, ItemType
from cobi.simulation.activity import Activity, events, in_order
from cobi.simulation.arrays import Flags, Floats, Ints
from cobi.simulation.browsing import any_label
from cobi.simulation.luck import Purpose, uniform
from cobi.simulation.world import World

EMPTY = -1
"""A position where nothing was shown."""
WORTHLESS = -2
"""A position spent on something that cannot be used: an unknown or ineligible offer, or one shown twice."""
_BLINK = 1000  # microseconds between what a student does with a slate; see `feedback`


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of one week in which a slate is asked for, with the truth about them.

    Luck hangs on the student, the offer and `turn`: the week where students come once in it, else the hour.
    """

    week: int
    turn: int
    student: Ints
    eligible: Flags  # visits × offers
    view: Floats  # P(opens | looks), visits × offers
    reveal: Floats  # P(reveals | opens), visits × offers

    def take(self, rows: Ints) -> Visits:
        """Answer some of the visits."""
        return Visits(
            self.week,
            self.turn,
            self.student[rows],
            self.eligible[rows],
            self.view[rows],
            self.reveal[rows],
        )


@dataclass(frozen=True, slots=True)
class Reaction:
    """What became of slates; visits × positions each."""

    shown: Flags
    opened: Flags
    revealed: Flags
    expected_views: Floats
    expected_reveals: Floats


def visitors(world: World, week: int, luck: Floats) -> Ints:
    """Answer who asks for a slate in a week, in an order by luck: those with at least one session."""
    students = world.students
    probability = (1 - np.exp(-students.activity)) * (students.arrival <= week)
    present = np.flatnonzero(luck[: len(probability)] < probability)
    return present[np.argsort(luck[present] / probability[present], kind="stable")]


def visits(world: World, week: int, student: Ints, moments: Ints, turn: int | None = None) -> Visits:
    """Look up the truth about visits, each at its own moment; luck turns with the week where no `turn` is given."""
    view, reveal = world.view_and_reveal(student, week)
    known, at = np.unique(moments, return_inverse=True)
    valid = np.stack([world.eligible(int(moment), week) for moment in known])[at]
    at_home = world.students.region[student][:, None] == world.offers.region[None, :]
    return Visits(week, week if turn is None else turn, student, valid & at_home, view, reveal)


def admitted(seen: Visits, slates: Ints) -> Ints:
    """Mark as WORTHLESS what may not be shown and what stands in a slate twice."""
    rows = np.arange(len(slates))[:, None]
    worthless = (slates >= 0) & ~seen.eligible[rows, np.maximum(slates, 0)]
    for position in range(1, slates.shape[1]):
        worthless[:, position] |= (slates[:, :position] == slates[:, position : position + 1]).any(axis=1)
    return np.where(worthless & (slates != EMPTY), WORTHLESS, slates)


def react(world: World, seen: Visits, slates: Ints) -> Reaction:
    """Let the students of some visits look at their slates (visits × positions)."""
    offer, rows = np.maximum(slates, 0), np.arange(len(slates))[:, None]
    real = slates >= 0
    rank = np.arange(1, slates.shape[1] + 1, dtype=np.float64)
    attention: Floats = np.power(rank, -world.campus.habits.attention_decay) * real
    view, reveal = seen.view[rows, offer], seen.reveal[rows, offer]
    key = (seen.student[:, None], np.full((1, 1), seen.turn), offer)
    looked = uniform(world.seed, Purpose.EXAMINE, *key) < attention
    opened = looked & (uniform(world.seed, Purpose.VIEW, *key) < view)
    revealed = opened & (uniform(world.seed, Purpose.REVEAL, *key) < reveal)
    return Reaction(slates != EMPTY, opened, revealed, attention * view, attention * view * reveal)


def feedback(
    world: World, seen: Visits, slates: Ints, reaction: Reaction, served: Ints, blink: int = _BLINK
) -> Activity:
    """Write the reactions down as interactions, stamped right after `served`, the moment of each answer.

    A marketplace that serves by its own clock would take a faithful delay of seconds for the future; what one
    student does is a millisecond apart there. Where the simulation sets the clock, `blink` may be longer.
    """
    habits = world.campus.habits
    visit, position = np.nonzero(reaction.opened)
    offer, student, time = slates[visit, position], seen.student[visit], served[visit] + 4 * blink * position
    shop = world.offers.shop[offer]
    key = (student, np.full(1, seen.turn), offer)
    tag_luck = uniform(world.seed, Purpose.TAG, *key)
    tag = any_label(world.shops.tags[shop], tag_luck / habits.tag_after_recommended % 1.0)
    to_shop = uniform(world.seed, Purpose.SHOP, *key) < habits.shop_after_recommended
    everyone = np.ones(len(offer), dtype=np.bool_)

    def rows(which: Flags, kind: InteractionType, item_type: ItemType, item: Ints, blinks: int) -> Activity:
        at = np.flatnonzero(which)
        return events(kind, item_type, student[at], item[at], time[at] + blinks * blink, visit[at])

    revealed = reaction.revealed[visit, position]
    return in_order(
        [
            rows(everyone, InteractionType.PAGE_VIEW, ItemType.OFFER, offer, 1),
            rows(to_shop, InteractionType.PAGE_VIEW, ItemType.SHOP, shop, 2),
            rows(tag_luck < habits.tag_after_recommended, InteractionType.FILTER_CLICK, ItemType.TAG, tag, 2),
            rows(revealed, InteractionType.DISCOUNT_CODE, ItemType.OFFER, offer, 3),
        ]
    )
