"""x of a segment: the shrunken mean of its members'."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.ranking.signals import student_signals
from cobi.actions.ranking.traits import traits_of
from cobi.domain.segments.rule import Rule, When
from cobi.recommenders.shrinkage import Crowd, crowd_of, shrunken_mean
from cobi.recommenders.signals import Signals
from cobi.store import events, membership
from cobi.store.database import Connection

MOST_MEMBERS = 500
"""Of a larger segment so many members are asked, evenly chosen from the oldest to the newest."""

EVENTS_EACH = 50

EVERYBODY = Rule()


def crowd(connection: Connection, shelf: Shelf, rule: Rule, when: When) -> Crowd:
    """What those who belong say together."""
    return of_members(connection, shelf, membership.members(connection, rule, when), when.now)


def of_members(connection: Connection, shelf: Shelf, members: NDArray[np.int64], now: int) -> Crowd:
    """What these students say together."""
    keys, records = events.students(connection, evenly(members, MOST_MEMBERS).tolist())
    history = events.of_students(connection, keys.tolist(), EVENTS_EACH)
    history = history[np.argsort(history[:, 0], kind="stable")]
    ends = np.searchsorted(history[:, 0], keys, side="right")
    starts = np.searchsorted(history[:, 0], keys)
    found = [
        student_signals(shelf, history[start:end], None, now, traits_of(record, now))
        for start, end, record in zip(starts, ends, records, strict=True)
    ]
    return crowd_of([x for x in found if x is not None])


def signals(group: Crowd, everybody: Crowd, shelf: Shelf, now: int) -> Signals | None:
    """x of a group; None before the first training, and what holds of anyone where nobody is there at all."""
    if not group.size and not everybody.size:
        return student_signals(shelf, np.empty((0, 5), np.int64), None, now)
    return shrunken_mean(group, everybody)


def evenly(members: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of them, equally far apart."""
    if len(members) <= most:
        return members
    return members[np.linspace(0, len(members) - 1, most).round().astype(np.int64)]
