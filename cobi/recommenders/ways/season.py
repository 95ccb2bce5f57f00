"""Season: how much more a category's offers are opened at a time than they are on the whole.

With n_it how often offer i was opened at a place (the students' region) in period t, of those between the first time,
but for its first weeks, when what is new is shown to all, and the last, and c its category,

    n_it is about Poisson of mean r_i · m_pt · exp(s_ct),     s_c ~ GP(0, v exp(-|t - t'| / ℓ)),

so that neither new offers of a category nor busy weeks, nor what else there was at the place, count as its season.
Pages of shops and favourites follow what a shop has just then and when students came. r and m are scaled to the
margins, s is the posterior mean of a Gaussian process (Rasmussen & Williams 2006, §2.2) on log(n_ct / expected), whose
noise is φ / n_ct; v, ℓ and φ are those of a few that make the data likeliest. Only differences of s in time mean
anything.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import (
    ABSENT,
    Catalogue,
    EventKind,
    Events,
    FloatArray,
    IntArray,
    Label,
    Students,
    Trait,
)
from cobi.recommenders.signals import MICROSECONDS_PER_DAY
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.ways.attributes import FIRST_LABEL, characteristics

PERIOD = 7 * MICROSECONDS_PER_DAY
FEWEST_PERIODS, MOST_PERIODS = 4, 26
"""Of fewer there is no season; what is older than the most counts to the first."""
FEWEST_CATEGORIES, MOST_CATEGORIES = 2, 50
"""Those whose items are met most."""
FRESH = 2
"""So many periods after an offer came it is new."""
SWEEPS = 4
VARIANCES = (0.0, 0.003, 0.01, 0.03, 0.1)
LENGTHS = (4.0, 8.0, 16.0)
"""ℓ, in periods."""
NOISES = (1.0, 2.0, 4.0, 8.0)
"""φ: meetings of one student come together."""
PRIOR = 0.5
"""Added to counts before their logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Season:
    """What is more, or less, of the season."""

    begin: int
    """The moment at which the first period begins; what was earlier counts to it."""
    lift: FloatArray
    """s of each item: items × periods, 0 for those of no category."""

    def period(self, times: IntArray) -> IntArray:
        """The period of each moment."""
        return np.clip((times - self.begin) // PERIOD, 0, self.lift.shape[1] - 1)

    def counted(self, items: IntArray, times: IntArray) -> FloatArray:
        """How often each item occurs in each period: items × periods."""
        height, width = self.lift.shape
        cells = items * width + self.period(times)
        return sums(cells, np.ones(len(cells)), height * width).reshape(height, width)


@dataclass(frozen=True, slots=True)
class Process:
    """How s varies, and how roughly it is seen; what is seen and its weight are categories × periods."""

    noise: float
    variance: float
    length: float

    def mean(self, seen: FloatArray, weight: FloatArray) -> FloatArray:
        """What s is expected to be, of what was seen."""
        prior, whole = self._covariances(weight)
        return np.asarray(np.linalg.solve(whole, seen[:, :, None])[:, :, 0] @ prior, np.float64)

    def likelihood(self, seen: FloatArray, weight: FloatArray) -> float:
        """The logarithm of what was seen, without its constant."""
        _, whole = self._covariances(weight)
        solved = np.linalg.solve(whole, seen[:, :, None])[:, :, 0]
        return -0.5 * float((seen * solved).sum() + np.linalg.slogdet(whole)[1].sum())

    def _covariances(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of s, and of what is seen of each category."""
        period: FloatArray = np.arange(weight.shape[1], dtype=np.float64)
        prior = self.variance * np.exp(-np.abs(np.subtract.outer(period, period)) / self.length)
        return prior, prior + np.eye(len(period)) * (self.noise / weight)[:, :, None]


def season(catalogue: Catalogue, events: Events, students: Students, now: int) -> Season | None:
    """What all categories' seasons have been; None where there are too few categories or periods."""
    offers = catalogue.item_type[events.item] == ItemType.OFFER
    opened = events.where(offers & (events.kind == EventKind.PAGE_VIEW))
    if len(opened) == 0 or not (catalogue.labels[:, 1] == Label.CATEGORY).any():
        return None
    newest, oldest = min(int(events.time.max()), now), int(events.time.min())
    periods = min(-(-(newest + 1 - oldest) // PERIOD), MOST_PERIODS)
    member = _members(catalogue, opened)
    if member is None or periods < FEWEST_PERIODS:
        return None
    empty = Season(newest + 1 - periods * PERIOD, np.zeros((catalogue.size, periods)))
    return Season(empty.begin, member.times(_lifts(_met(empty, opened, students), member)))


@dataclass(frozen=True, slots=True)
class _Met:
    """How often offers were opened at places, but for the first weeks of those that came later."""

    offer: IntArray
    place: SparseMatrix
    """rows × places, 1 where it was."""
    counts: FloatArray
    """rows × periods."""
    alive: FloatArray
    """1 in the periods that count."""


def _met(empty: Season, opened: Events, students: Students) -> _Met:
    places = students.traits.get(Trait.REGION)
    if places is None:
        places = np.zeros(students.size, np.int64)
    # Nobody's, and those of whom it is not known, are one place more.
    place = np.append(places, ABSENT)[opened.student] + 1
    (size, width), many = empty.lift.shape, int(place.max()) + 1
    column = place * width + empty.period(opened.time)
    cells = SparseMatrix.of_triples(opened.item, column, np.ones(len(column)), (size, many * width))
    pair, row = np.unique(cells.row_of_entry * many + cells.indices // width, return_inverse=True)
    counts = np.zeros((len(pair), width))
    counts[row, cells.indices % width] = cells.data
    alive = _alive(counts)
    offer, at = np.divmod(pair, many)
    where = SparseMatrix.of_triples(np.arange(len(pair)), at, np.ones(len(pair)), (len(pair), many))
    return _Met(offer, where, counts * alive, alive)


def _members(catalogue: Catalogue, opened: Events) -> SparseMatrix | None:
    """Offers × categories: the share that each category has in an item."""
    every, family = characteristics(catalogue, [Label.CATEGORY])
    first = int(np.searchsorted(family, FIRST_LABEL + Label.CATEGORY))
    own = every.columns_from(first)
    own = own.keeping((catalogue.item_type == ItemType.OFFER)[own.row_of_entry])
    met = own.transposed().times(sums(opened.item, np.ones(len(opened)), catalogue.size))
    mine = np.sort(np.argsort(-met, kind="stable")[:MOST_CATEGORIES])
    mine = mine[met[mine] > 0]
    if len(mine) < FEWEST_CATEGORIES:
        return None
    number = np.full(own.width, ABSENT, np.int64)
    number[mine] = np.arange(len(mine))
    own = own.columns_renumbered(number, len(mine))
    return own.scaled(1 / np.maximum(own.row_sums(), 1))


def _lifts(met: _Met, members: SparseMatrix) -> FloatArray:
    """s, categories × periods."""
    member, by_place = members.rows(met.offer), met.place.transposed()
    labelled = (member.row_sums() > 0)[:, None]
    alive, counted = met.alive * labelled, met.counts * labelled
    by_category = member.transposed()
    counts = by_category.times(counted)
    busy, own = by_place.times(counted), counted.sum(axis=1)
    lifts = np.zeros_like(counts)
    process: Process | None = None
    for _ in range(SWEEPS):
        lifted = np.exp(member.times(lifts)) * alive
        rate = own / np.maximum((lifted * met.place.times(busy)).sum(axis=1), 1e-9)
        busy = by_place.times(counted) / np.maximum(by_place.times(rate[:, None] * lifted), 1e-9)
        expected = by_category.times(rate[:, None] * met.place.times(busy) * alive)
        seen, weight = np.log((counts + PRIOR) / (expected + PRIOR)), counts + PRIOR
        process = process or _likeliest(seen, weight)
        lifts = process.mean(seen, weight)
    return lifts


def _alive(met: FloatArray) -> FloatArray:
    """1 from the first period in which an item was met, or some after it if it came later, to the last."""
    there = met > 0
    begun = np.logical_or.accumulate(there, axis=1)
    lasts = np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    since = np.cumsum(begun, axis=1)
    fresh = ~there[:, :1] & (since <= FRESH)
    return (begun & lasts & ~fresh).astype(np.float64)


def _likeliest(seen: FloatArray, weight: FloatArray) -> Process:
    """Of a few processes that under which s was likeliest to be seen so."""
    every = itertools.starmap(Process, itertools.product(NOISES, VARIANCES, LENGTHS))
    return max(every, key=lambda process: process.likelihood(seen, weight))
