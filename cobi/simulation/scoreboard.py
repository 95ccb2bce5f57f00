"""The figures of a play: per phase and policy, realised by luck and expected by the hidden truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cobi.simulation.arrays import Flags, Ints
from cobi.simulation.slates import WORTHLESS, Reaction

CHANCE = "chance"
POPULARITY = "popularity"
COBI = "cobi"
MIND_READER = "mind-reader"


@dataclass(slots=True)
class Outcome:
    """What one policy's slates brought: realised, and `expected_…` by the hidden truth."""

    policy: str
    visits: int = 0
    impressions: int = 0
    worthless: int = 0  # impressions spent on offers that were unknown, ineligible or shown twice
    views: int = 0
    reveals: int = 0
    expected_views: float = 0.0
    expected_reveals: float = 0.0

    @property
    def click_through(self) -> float:
        """Opened offers per impression."""
        return _ratio(self.views, self.impressions)

    @property
    def reveals_per_thousand(self) -> float:
        """Codes revealed per 1,000 impressions."""
        return 1000 * _ratio(self.reveals, self.impressions)

    @property
    def expected_reveals_per_thousand(self) -> float:
        """Expected codes revealed per 1,000 impressions."""
        return 1000 * _ratio(self.expected_reveals, self.impressions)

    def add(self, slates: Ints, reaction: Reaction, which: Flags) -> None:
        """Count the places of slates marked in `which`, and the visits with any."""
        self.visits += int(which.any(axis=1).sum())
        self.impressions += int(reaction.shown[which].sum())
        self.worthless += int((slates[which] == WORTHLESS).sum())
        self.views += int(reaction.opened[which].sum())
        self.reveals += int(reaction.revealed[which].sum())
        self.expected_views += float(reaction.expected_views[which].sum())
        self.expected_reveals += float(reaction.expected_reveals[which].sum())


@dataclass(slots=True)
class Board:
    """One group of visits: the outcomes of all policies on the same students and weeks."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, policy: str, slates: Ints, reaction: Reaction, which: Flags) -> None:
        """Count the places of a policy's slates that are marked in `which`."""
        self.outcomes.setdefault(policy, Outcome(policy)).add(slates, reaction, which)

    def share_of_mind_reader(self, policy: str) -> float:
        """Expected reveals as a share of what the mind-reader would have had: 1 is perfection."""
        return _ratio(self.outcomes[policy].expected_reveals, self.outcomes[MIND_READER].expected_reveals)


@dataclass(slots=True)
class Phase:
    """A stretch of weeks served by one trained model."""

    name: str
    everyone: Board = field(default_factory=Board)
    newcomers: Board = field(
        default_factory=Board
    )  # visits of students with at most three organic interactions so far
    new_offers: Board = field(default_factory=Board)  # places of slates taken by offers of less than two days

    def add(self, policy: str, slates: Ints, reaction: Reaction, newcomer: Flags, new: Flags) -> None:
        """Count a policy's slates: everyone's, those of `newcomer` visits, and the places of `new` offers in all."""
        every = np.ones(slates.shape, dtype=np.bool_)
        self.everyone.add(policy, slates, reaction, every)
        self.newcomers.add(policy, slates, reaction, every & newcomer[:, None])
        self.new_offers.add(policy, slates, reaction, (slates >= 0) & new[np.maximum(slates, 0)])


@dataclass(slots=True)
class Result:
    """What a whole play came to."""

    seed: int
    phases: list[Phase] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)  # uploaded, by type
    interactions: int = 0
    recommendations: int = 0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
