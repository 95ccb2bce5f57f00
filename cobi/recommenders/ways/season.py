"""Season: how much more a category's offers and shops are met at a time than they are on the whole.

With n_it how often item i was met in period t (of those between its first meeting and its last), and c its category,

    n_it is about Poisson of mean r_i · m_t · exp(s_ct),     s_c ~ GP(0, v exp(-|t - t'| / ℓ)),

so that neither new offers of a category nor busy weeks count as its season. r and m are scaled to the margins, s is the
posterior mean of a Gaussian process (Rasmussen & Williams 2006, §2.2) on log(n_ct / expected), whose noise is φ / n_ct;
v, ℓ and φ are those of a few that make the data likeliest. Only differences of s in time mean anything.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import ABSENT, Catalogue, Events, FloatArray, IntArray, Label
from cobi.recommenders.signals import MICROSECONDS_PER_DAY
from cobi.recommenders.sparse import SparseMatrix, sums
from cobi.recommenders.ways.attributes import FIRST_LABEL, characteristics

PERIOD = 7 * MICROSECONDS_PER_DAY
FEWEST_PERIODS, MOST_PERIODS = 4, 26
"""Of fewer there is no season; what is older than the most counts to the first."""
FEWEST_CATEGORIES, MOST_CATEGORIES = 2, 50
"""Those whose items are met most."""
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


def season(catalogue: Catalogue, events: Events, now: int) -> Season | None:
    """What all categories' seasons have been; None where there are too few categories or periods."""
    labelled = catalogue.labels[:, 1] == Label.CATEGORY
    if len(events) == 0 or not labelled.any():
        return None
    newest, oldest = min(int(events.time.max()), now), int(events.time.min())
    periods = min(-(-(newest + 1 - oldest) // PERIOD), MOST_PERIODS)
    member = _members(catalogue, events)
    if member is None or periods < FEWEST_PERIODS:
        return None
    empty = Season(newest + 1 - periods * PERIOD, np.zeros((catalogue.size, periods)))
    met = empty.counted(events.item, events.time) * (member.row_sums() > 0)[:, None]
    return Season(empty.begin, member.times(_lifts(member, met)))


def _members(catalogue: Catalogue, events: Events) -> SparseMatrix | None:
    """Offers and shops × categories: the share that each category has in an item."""
    every, family = characteristics(catalogue, [Label.CATEGORY])
    first = int(np.searchsorted(family, FIRST_LABEL + Label.CATEGORY))
    own = every.columns_from(first)
    own = own.keeping(np.isin(catalogue.item_type, (ItemType.OFFER, ItemType.SHOP))[own.row_of_entry])
    met = own.transposed().times(sums(events.item, np.ones(len(events)), catalogue.size))
    mine = np.sort(np.argsort(-met, kind="stable")[:MOST_CATEGORIES])
    mine = mine[met[mine] > 0]
    if len(mine) < FEWEST_CATEGORIES:
        return None
    number = np.full(own.width, ABSENT, np.int64)
    number[mine] = np.arange(len(mine))
    own = own.columns_renumbered(number, len(mine))
    return own.scaled(1 / np.maximum(own.row_sums(), 1), np.ones(own.width))


def _lifts(member: SparseMatrix, met: FloatArray) -> FloatArray:
    """s, categories × periods."""
    alive, by_category = _alive(met), member.transposed()
    counts = by_category.times(met)
    busy = met.sum(axis=0)
    lifts = np.zeros_like(counts)
    own = met.sum(axis=1)
    process: Process | None = None
    for _ in range(SWEEPS):
        lifted = np.exp(member.times(lifts)) * alive
        rate = own / np.maximum(lifted @ busy, 1e-9)
        busy = met.sum(axis=0) / np.maximum(rate @ lifted, 1e-9)
        expected = by_category.times(rate[:, None] * busy * alive)
        seen, weight = np.log((counts + PRIOR) / (expected + PRIOR)), counts + PRIOR
        process = process or _likeliest(seen, weight)
        lifts = process.mean(seen, weight)
    return lifts


def _alive(met: FloatArray) -> FloatArray:
    """1 in the periods between the first and the last in which an item was met."""
    there = met > 0
    begun = np.logical_or.accumulate(there, axis=1)
    lasts = np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    return (begun & lasts).astype(np.float64)


def _likeliest(seen: FloatArray, weight: FloatArray) -> Process:
    """Of a few processes that under which s was likeliest to be seen so."""
    every = itertools.starmap(Process, itertools.product(NOISES, VARIANCES, LENGTHS))
    return max(every, key=lambda process: process.likelihood(seen, weight))
