"""From scores to a list: groups in their order, at most so many of a shop, unlike one another, and partly by chance.

Where neither shops nor likeness count, a list is `exploration.explore`'s. Otherwise it is made place by place: among
the best that are left each item's worth is

    (1 - d) · score / s - d · (its greatest cosine with an item above)

where s is the standard deviation of those scores and d the diversity (Carbonell & Goldstein 1998: maximal marginal
relevance); a place takes the worthiest, or one drawn in proportion to exp(worth / temperature).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import Catalogue, FloatArray, IntArray
from cobi.recommenders.lists.exploration import AMONG, LEAST_TEMPERATURE, explore
from cobi.recommenders.lists.ranking import best_rows, draw
from cobi.recommenders.sparse import SparseMatrix

_PLACE = 0x9E3779B1
"""Sets the luck of one place apart from another's."""

NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Manner:
    """How a list is made; `most_per_shop` 0 is no limit."""

    temperature: float = 0.0
    share: float = 1.0
    most_per_shop: int = 0
    diversity: float = 0.0

    @property
    def one_by_one(self) -> bool:
        """Whether what stands above decides what may follow."""
        return self.most_per_shop > 0 or self.diversity > 0

    @property
    def draws(self) -> bool:
        """Whether chance has a say in it, beyond equals."""
        return self.temperature >= LEAST_TEMPERATURE and self.share > 0


@dataclass(frozen=True)
class Kinship:
    """How items hang together, for all rows of a catalogue."""

    shop: IntArray
    """An offer's shop, as its row; -1 for all else."""
    attributes: SparseMatrix
    """Items × attributes, each row of length 1."""


def kinship_of(catalogue: Catalogue, shop: IntArray) -> Kinship:
    """An item's attributes are what it belongs to, and what that belongs to."""
    child, parent = catalogue.links[:, 0], catalogue.links[:, 1]
    step = SparseMatrix.of_triples(child, parent, np.ones(len(child)), (catalogue.size, catalogue.size))
    reach = step + step @ step
    ones = SparseMatrix(reach.indptr, reach.indices, np.ones(len(reach.data)), reach.width)
    length = np.sqrt(np.maximum(ones.row_sums(), 1.0))
    return Kinship(shop, ones.scaled(1 / length))


def compose(
    scores: FloatArray,
    groups: Sequence[IntArray],
    limit: int,
    seed: int,
    manner: Manner,
    kinship: Kinship,
    above: IntArray = NONE,
) -> tuple[IntArray, FloatArray]:
    """Up to `limit` rows, best first, and each one's P(item in this place | the items above it).

    `groups` are disjoint sets of candidate rows: none of a later one comes before an earlier one is used up. `above`
    are the rows of pages before, none of which is a candidate. What a shop's limit kept out fills what stays empty.
    """
    if not manner.one_by_one:
        return _in_turn(scores, groups, limit, seed, manner)
    slate = _Slate(scores, limit, seed, manner, kinship, above.tolist())
    for capped in (True, False) if manner.most_per_shop else (False,):
        for group in groups:
            slate.fill(group, capped=capped)
    return np.array(slate.rows, np.int64), np.array(slate.propensities)


def _in_turn(
    scores: FloatArray, groups: Sequence[IntArray], limit: int, seed: int, manner: Manner
) -> tuple[IntArray, FloatArray]:
    rows, chances, left = [NONE], [np.empty(0)], limit
    for group in groups:
        if left > 0 and len(group):
            found = explore(scores, group, left, manner.temperature, seed, share=manner.share)
            rows.append(found[0])
            chances.append(found[1])
            left -= len(found[0])
    return np.concatenate(rows), np.concatenate(chances)


@dataclass
class _Slate:
    """A list that grows."""

    scores: FloatArray
    limit: int
    seed: int
    manner: Manner
    kinship: Kinship
    above: list[int]
    rows: list[int] = field(default_factory=list[int])
    propensities: list[float] = field(default_factory=list[float])

    def fill(self, group: IntArray, *, capped: bool) -> None:
        """Take from a group until the list is full or nothing of it may follow."""
        left, size = group[~np.isin(group, self.rows)], AMONG
        while len(left) and len(self.rows) < self.limit:
            pool = np.sort(best_rows(self.scores, left, size))
            self._draw_from(pool, capped=capped)
            left, size = left[~np.isin(left, pool)], size * 4

    def _draw_from(self, pool: IntArray, *, capped: bool) -> None:
        own, shop = self.scores[pool], self.kinship.shop[pool]
        spread = own.std()
        worth = (own - own.max()) / spread if spread > 0 else np.zeros(len(pool))
        likeness, free = self._likeness(pool), np.ones(len(pool), np.bool_)
        while len(self.rows) < self.limit:
            allowed = free & self._has_room(shop) if capped else free
            if not allowed.any():
                return
            value = (1 - self.manner.diversity) * worth - self.manner.diversity * likeness
            chosen, chance = self._choose(pool, np.where(allowed, value, -np.inf))
            free[chosen] = False
            self.rows.append(int(pool[chosen]))
            self.propensities.append(chance)
            if self.manner.diversity > 0:
                likeness = np.maximum(likeness, self._cosines(pool, self.rows[-1:]))

    def _has_room(self, shop: IntArray) -> NDArray[np.bool_]:
        taken = self.kinship.shop[np.array(self.above + self.rows, np.int64)]
        shops, counts = np.unique(taken[taken >= 0], return_counts=True)
        return ~np.isin(shop, shops[counts >= self.manner.most_per_shop])

    def _likeness(self, pool: IntArray) -> FloatArray:
        taken = self.above + self.rows
        if self.manner.diversity <= 0 or not taken:
            return np.zeros(len(pool))
        return self._cosines(pool, taken)

    def _cosines(self, pool: IntArray, rows: list[int]) -> FloatArray:
        attributes = self.kinship.attributes
        others = attributes.rows(np.array(rows, np.int64)).transposed()
        return (attributes.rows(pool) @ others).dense().max(axis=1).astype(np.float64)

    def _choose(self, pool: IntArray, value: FloatArray) -> tuple[int, float]:
        """A place in the pool and its chance; -inf may not be chosen."""
        drawn = self.manner.share if self.manner.temperature >= LEAST_TEMPERATURE else 0.0
        luck = self.seed + _PLACE * (len(self.above) + len(self.rows) + 1)
        highest = value.max()
        equals = value == highest
        chance = (1 - drawn) * equals / equals.sum()
        if drawn > 0:
            weight = np.exp((value - highest) / self.manner.temperature)
            chance = chance + drawn * weight / weight.sum()
            if _uniform(np.array([-1]), luck)[0] < drawn:
                with np.errstate(divide="ignore"):
                    chosen = int((np.log(weight) - np.log(-np.log(_uniform(pool, luck)))).argmax())
                return chosen, float(chance[chosen])
        chosen = int(np.flatnonzero(equals)[draw(pool[equals], luck).argmin()])
        return chosen, float(chance[chosen])


def _uniform(rows: IntArray, seed: int) -> FloatArray:
    """A number for each row inside 0…1, both left out."""
    return ((draw(rows, seed) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
