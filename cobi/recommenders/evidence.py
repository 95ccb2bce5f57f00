"""What the ways to learn B learn from: histories and their sums over students."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from cobi.recommenders.attributes import attributes
from cobi.recommenders.dataset import Catalogue, Events, FloatArray, IntArray, Students
from cobi.recommenders.directed import directed, followings, followings_changed
from cobi.recommenders.gram import Gram, gram_changed, gram_of
from cobi.recommenders.histories import Histories, histories_of
from cobi.recommenders.lowpass import low_pass
from cobi.recommenders.onehop import one_hop
from cobi.recommenders.piece import Piece
from cobi.recommenders.popularity import appeal, popularity, who
from cobi.recommenders.ridge import ridge
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import SignalSpace
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.structure import is_flat, kinship, own, relatives, risen_touches


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything one training learns from; the last three are sums over students."""

    space: SignalSpace
    catalogue: Catalogue
    events: Events
    students: Students
    now: int
    histories: Histories
    gram: Gram
    risen: Gram | None
    """G of the risen touches X · E; None where structure says nothing."""
    followings: SparseMatrix | None
    """None where there is no order."""

    @property
    def touched(self) -> FloatArray:
        """How strongly each item was touched by all students."""
        return self.histories.touched.column_sums()

    @property
    def popularity(self) -> FloatArray:
        """How many students touched each item."""
        return np.bincount(self.histories.touched.indices, minlength=self.catalogue.size).astype(np.float64)


def evidence_of(
    space: SignalSpace,
    catalogue: Catalogue,
    events: Events,
    students: Students,
    now: int,
    settings: Settings,
    *,
    ordered: bool,
) -> Evidence:
    """Read the histories and sum over students."""
    histories = histories_of(events, students.size, catalogue.size, now, settings)
    risen = None
    if not is_flat(catalogue):
        lifted = risen_touches(catalogue, histories.touched, settings)
        risen = gram_of(lifted, settings, power=1.0)
    return Evidence(
        space,
        catalogue,
        events,
        students,
        now,
        histories,
        gram_of(histories.touched, settings, power=settings.touch_power),
        risen,
        followings(histories, settings) if ordered else None,
    )


def changed(
    evidence: Evidence, rows: IntArray, histories: Histories, events: Events, now: int, settings: Settings
) -> Evidence:
    """The evidence after these students (ascending rows) came to these histories; sums are moved, not counted anew.

    `events` are all events up to `now`, of which only popularity is counted anew.
    """
    before, touched = evidence.histories.rows(rows), evidence.histories.with_rows(rows, histories)
    gram = gram_changed(evidence.gram, rows, histories.touched, settings, power=settings.touch_power)
    counted = evidence.followings
    if counted is not None:
        counted = followings_changed(counted, before, histories, settings)
    risen = None
    if evidence.risen is not None:
        lifted = risen_touches(evidence.catalogue, touched.touched, settings)
        risen = gram_of(lifted, settings, power=1.0)
    return replace(
        evidence, events=events, now=now, histories=touched, gram=gram, risen=risen, followings=counted
    )


Way = Callable[[Evidence, Settings], Piece | None]


def _kinship(evidence: Evidence, settings: Settings) -> Piece | None:
    return None if evidence.risen is None else kinship(evidence.catalogue, evidence.risen, settings)


def _attributes(evidence: Evidence, _: Settings) -> Piece | None:
    return None if evidence.risen is None else attributes(evidence.catalogue)


def _relatives(evidence: Evidence, settings: Settings) -> Piece | None:
    flat = evidence.risen is None
    return None if flat else relatives(evidence.catalogue, evidence.touched, settings)


def _sequence(evidence: Evidence, settings: Settings) -> Piece | None:
    counted = evidence.followings
    return None if counted is None else directed(counted, evidence.popularity, settings)


def _who(evidence: Evidence, settings: Settings) -> Piece | None:
    if not evidence.space.traits:
        return None
    return who(evidence.space, evidence.catalogue, evidence.histories.touched, evidence.students, settings)


WAYS: Mapping[str, Way] = {
    "popularity": lambda evidence, settings: popularity(
        evidence.space, evidence.events, evidence.now, settings
    ),
    "appeal": lambda evidence, settings: appeal(
        evidence.space, evidence.catalogue, evidence.events, settings
    ),
    "who": _who,
    "hop": lambda evidence, settings: one_hop(evidence.gram, settings.hop),
    "ridge": lambda evidence, settings: ridge(evidence.gram, settings),
    "sequence": _sequence,
    "low-pass": lambda evidence, settings: low_pass(evidence.gram, settings),
    "attributes": _attributes,
    "kinship": _kinship,
    "relatives": _relatives,
    "own": lambda evidence, settings: own(evidence.touched, settings),
}
"""Every way to learn B, by name; None where the data have nothing for it to learn from."""
