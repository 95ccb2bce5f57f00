"""What ranked lists show, wanted or not: how much of all there is, and how little known it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cobi.analytics.ranks import NOBODY, FloatArray, IntArray, Mask


@dataclass(frozen=True, slots=True)
class Shown:
    """How often lists show each item; filled some lists at a time."""

    times: IntArray
    """In how many lists each item stands."""
    latest: IntArray
    """The list that showed it last, or NOBODY."""
    lists: int
    """How many there will have been."""

    @classmethod
    def nothing(cls, items: int, lists: int) -> Shown:
        """Before any list."""
        return cls(np.zeros(items, np.int64), np.full(items, NOBODY, np.int64), lists)

    def add(self, tops: IntArray, first: int) -> None:
        """Take in some lists, lists × places, filled with NOBODY; they are numbered from `first`."""
        row, place = np.nonzero(tops != NOBODY)
        item = tops[row, place]
        np.add.at(self.times, item, 1)
        self.latest[item] = first + row


def coverage(shown: Shown, offered: Mask) -> float:
    """The share of the items that could be shown at all which at least one list shows; 0 where there are none."""
    return int(((shown.times > 0) & offered).sum()) / max(int(offered.sum()), 1)


def coverage_lost(shown: Shown, offered: Mask) -> FloatArray:
    """By how much the coverage would be less without each list: the share that this list alone shows."""
    alone = (shown.times == 1) & offered
    return np.bincount(shown.latest[alone], minlength=shown.lists) / max(int(offered.sum()), 1)


def novelty(tops: IntArray, known_to: IntArray, students: int) -> FloatArray:
    """How little known what a list shows is: the mean of −log2(share of students who knew the item), in bits.

    Mean self-information (Zhou et al. 2010, PNAS 107:4511); `known_to` counts each item's students before the
    test, and an item that nobody knew counts as if one had. 0 for a list that shows nothing.
    """
    surprise = np.append(-np.log2(np.maximum(known_to, 1) / max(students, 1)), 0.0)
    shown = tops != NOBODY
    return surprise[np.where(shown, tops, -1)].sum(axis=1) / np.maximum(shown.sum(axis=1), 1)


def most_novelty(students: int) -> float:
    """The novelty of a list of items that one student of so many knew, in bits."""
    return float(np.log2(max(students, 2)))
