"""What the ways to learn B learn from: histories and their sums over students."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Students,
    Trait,
)
from cobi.recommenders.gram import Gram, gram_of
from cobi.recommenders.histories import Histories, histories_of
from cobi.recommenders.parallel import alone
from cobi.recommenders.piece import Piece
from cobi.recommenders.settings import Settings, way_of
from cobi.recommenders.signals import MOMENT, SignalSpace
from cobi.recommenders.structure import is_flat, own, relatives
from cobi.recommenders.ways.appeal import appeal
from cobi.recommenders.ways.attributes import attributes, names
from cobi.recommenders.ways.directed import Followings, directed, followings
from cobi.recommenders.ways.factors import Factors, backgrounds, factors, of_units, tendencies
from cobi.recommenders.ways.kinship import kinships
from cobi.recommenders.ways.leanings import Leanings, leanings
from cobi.recommenders.ways.lowpass import low_passes
from cobi.recommenders.ways.moments import moment
from cobi.recommenders.ways.onehop import one_hops
from cobi.recommenders.ways.popularity import popularity, who
from cobi.recommenders.ways.ridge import ridges
from cobi.recommenders.ways.taste import Inclinations, inclinations, tastes


@dataclass(frozen=True)
class Evidence:
    """Everything one training learns from; gram and followings are sums over students."""

    space: SignalSpace
    catalogue: Catalogue
    events: Events
    students: Students
    now: int
    histories: Histories
    gram: Gram
    followings: Followings | None
    """None where there is no order."""
    settings: Settings
    """By which all this was read."""

    @cached_property
    def inclinations(self) -> Inclinations | None:
        """What taste is learned from, found once; None where the attributes tell nothing."""
        touched = self.histories.touched
        return inclinations(self.space, self.catalogue, touched, self.students, self.settings)

    @cached_property
    def factors(self) -> Factors | None:
        """What both factors and background are learned from, found once; None where there is too little."""
        with alone:
            return factors(self.space, self.catalogue, self.histories.touched, self.students)

    @cached_property
    def leanings(self) -> Leanings | None:
        """How far those who opened an offer lean towards it; None where *factors* cannot be learned."""
        known = _known_factors(self)
        if known is None:
            return None
        told = of_units(self.space, known, self.settings)
        return leanings(
            self.space, self.catalogue, self.events, self.students, self.histories, self.settings, told
        )

    @cached_property
    def appeal(self) -> Piece | None:
        """How offers stand with everybody, found once; None where nothing was revealed."""
        if not (self.events.kind == EventKind.DISCOUNT_CODE).any():
            return None
        with alone:
            return appeal(
                self.space, self.catalogue, self.events, self.students, self.now, lambda: self.leanings
            )

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
    histories = histories_of(events, students.size, catalogue, now, settings)
    return Evidence(
        space,
        catalogue,
        events,
        students,
        now,
        histories,
        gram_of(histories.touched, settings),
        followings(histories, settings) if ordered else None,
        settings,
    )


def changed(
    evidence: Evidence, rows: IntArray, histories: Histories, events: Events, now: int, settings: Settings
) -> Evidence:
    """The evidence after these students (ascending rows) came to these histories; what is summed is counted anew.

    `events` are all events up to `now`.
    """
    touched = evidence.histories.with_rows(rows, histories)
    gram = gram_of(touched.touched, settings)
    counts = evidence.followings is not None and settings.learns_order
    counted = followings(touched, settings) if counts else None
    return replace(
        evidence,
        events=events,
        now=now,
        histories=touched,
        gram=gram,
        followings=counted,
        settings=settings,
    )


MOST_TASTED = 5_000
"""Among more offers taste is not learned: what is left of its rows by the cut is not what was tuned."""

Way = Callable[[Evidence, Sequence[Settings]], Sequence[Piece | None]]
"""A piece for each of several settings, which share what they can; None where the data have nothing to learn from."""


def _alone(made: Callable[[Evidence, Settings], Piece | None]) -> Way:
    return lambda evidence, several: [made(evidence, settings) for settings in several]


def _hops(evidence: Evidence, several: Sequence[Settings]) -> list[Piece]:
    return one_hops(evidence.gram, [settings.hop for settings in several])


def _kinship(evidence: Evidence, several: Sequence[Settings]) -> Sequence[Piece | None]:
    if is_flat(evidence.catalogue):
        return [None] * len(several)
    return kinships(evidence.catalogue, evidence.gram, several)


def _attributes(evidence: Evidence, _: Settings) -> Piece | None:
    return None if is_flat(evidence.catalogue) else attributes(evidence.catalogue)


def _names(evidence: Evidence, _: Settings) -> Piece | None:
    return names(evidence.catalogue) if len(evidence.catalogue.mentions) else None


def _relatives(evidence: Evidence, settings: Settings) -> Piece | None:
    flat = is_flat(evidence.catalogue)
    return None if flat else relatives(evidence.catalogue, evidence.touched, settings)


def _sequences(evidence: Evidence, several: Sequence[Settings]) -> Sequence[Piece | None]:
    if evidence.followings is None:
        return [None] * len(several)
    return directed(evidence.followings, evidence.popularity, several)


def _who(trait: Trait, evidence: Evidence, settings: Settings) -> Piece | None:
    if trait not in evidence.space.traits:
        return None
    touched, students = evidence.histories.touched, evidence.students
    return who(evidence.space, evidence.catalogue, touched, students, settings, trait)


def _taste(evidence: Evidence, several: Sequence[Settings]) -> Sequence[Piece | None]:
    known = evidence.inclinations if _fits(evidence.catalogue) else None
    return [None] * len(several) if known is None else tastes(evidence.space, known, several)


def _known_factors(evidence: Evidence) -> Factors | None:
    # Items by themselves, without shops, are too many for those that have factors to stand for all.
    return None if is_flat(evidence.catalogue) or not _fits(evidence.catalogue) else evidence.factors


def _factors(evidence: Evidence, settings: Settings) -> Piece | None:
    known = _known_factors(evidence)
    return None if known is None else tendencies(evidence.space, known, settings)


def _background(evidence: Evidence, _: Settings) -> Piece | None:
    known = evidence.factors if evidence.space.traits else None
    return None if known is None else backgrounds(evidence.space, known)


def _fits(catalogue: Catalogue) -> bool:
    """Whether a row of taste is still itself when it is cut: all its entries matter, also the many small ones."""
    offers = catalogue.of_type(ItemType.OFFER)
    return offers.stop - offers.start <= MOST_TASTED


WAYS: Mapping[str, Way] = {
    "popularity": _alone(
        lambda evidence, settings: popularity(evidence.space, evidence.events, evidence.now, settings)
    ),
    "appeal": _alone(lambda evidence, _: evidence.appeal),
    **{way_of(trait): _alone(partial(_who, trait)) for trait in sorted(Trait)},
    MOMENT: _alone(lambda evidence, settings: moment(evidence.space, evidence.events, settings)),
    "background": _alone(_background),
    "taste": _taste,
    "factors": _alone(_factors),
    "hop": _hops,
    "ridge": lambda evidence, several: ridges(evidence.gram, several),
    "sequence": _sequences,
    "low-pass": lambda evidence, several: low_passes(evidence.gram, several),
    "attributes": _alone(_attributes),
    "names": _alone(_names),
    "kinship": _kinship,
    "relatives": _alone(_relatives),
    "own": _alone(lambda evidence, settings: own(evidence.touched, settings)),
}
"""Every way to learn B, by name."""


def piece_of(name: str, evidence: Evidence, settings: Settings) -> Piece | None:
    """One way's B; None also for a way that only an older Cobi knows."""
    return WAYS[name](evidence, [settings])[0] if name in WAYS else None


def worth_trying(evidence: Evidence) -> list[str]:
    """The ways' names without those of single traits, where *background* tells the same of fewer numbers."""
    # Of items by themselves, without shops, only those touched most have factors.
    told = not is_flat(evidence.catalogue) and piece_of("background", evidence, evidence.settings) is not None
    spared = {way_of(trait) for trait in Trait} if told else set[str]()
    return [name for name in WAYS if name not in spared]
