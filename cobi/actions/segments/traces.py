"""What a sample of students did and who they are, as columns that a rule's condition can speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.segments.signals import EVERYBODY, evenly
from cobi.domain.interaction import ItemType
from cobi.domain.segments.rule import When
from cobi.recommenders.dataset import ABSENT, Catalogue, EventKind
from cobi.store import events, membership
from cobi.store.database import Connection

DAYS = 90
"""Interactions of so many days are looked at."""

MOST_STUDENTS = 4000
EVENTS_EACH = 200
FIELDS = {"regions": "region", "institutes": "institute_key", "courses": "course_key", "genders": "gender"}
"""A rule's condition, and the column of `customers` it speaks of."""


@dataclass(frozen=True)
class Traces:
    """Of n students, in the order of their keys: `counts` (n × catalogue items) has how many interactions were about
    each shop, tag and keyword in the sense of a rule's `did`.
    """

    sampled: int
    students: int
    counts: csr_array
    records: Sequence[Mapping[str, Any]]


def read_traces(connection: Connection, shelf: Shelf, when: When) -> Traces:
    """Read a sample, evenly chosen from the oldest student to the newest; those who did nothing are left out."""
    everybody = membership.members(connection, EVERYBODY, when)
    keys, records = events.students(connection, evenly(everybody, MOST_STUDENTS).tolist())
    history = events.of_students(connection, keys.tolist(), EVENTS_EACH)
    history = history[(history[:, 4] >= when.since(DAYS)) & (history[:, 3] <= EventKind.DISCOUNT_CODE)]
    rows = _rows(shelf.catalogue, history)
    known = rows != ABSENT
    student: NDArray[np.int64] = history[:, 0][known]
    place = np.searchsorted(keys, student)
    size = shelf.catalogue.size
    touched = csr_array((np.ones(len(place)), (place, rows[known])), shape=(len(keys), size))
    counts = csr_array(touched @ _about(shelf.catalogue))
    active = np.flatnonzero(counts.sum(axis=1))
    return Traces(len(keys), len(everybody), counts[active], [records[at] for at in active.tolist()])


def _rows(catalogue: Catalogue, history: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.full(len(history), ABSENT, np.int64)
    for item_type in ItemType:
        chosen = history[:, 1] == item_type
        rows[chosen] = catalogue.rows(item_type, history[chosen, 2])
    return rows


def _about(catalogue: Catalogue) -> csr_array:
    """Items × items: 1 where an interaction with the one is about the other; offers are about others only."""
    size = catalogue.size
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    step = csr_array((np.ones(len(child)), (child, parent)), shape=(size, size))
    own = (catalogue.item_type != ItemType.OFFER).astype(np.float64)
    itself = csr_array((own, (np.arange(size), np.arange(size))), shape=(size, size))
    reach = csr_array(itself + step + step @ step)
    reach.data = np.minimum(reach.data, 1.0)
    reach.eliminate_zeros()
    return reach
