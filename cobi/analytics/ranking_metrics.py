"""How good ranked lists are: one number for each list, from the ranks of the items that were wanted.

The formulae are those of trec_eval: binary relevance, the whole ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cobi.analytics.ranks import FloatArray, IntArray, Mask


@dataclass(frozen=True, slots=True)
class Found:
    """Where the wanted items of some lists stand; every list wants at least one."""

    rank: IntArray
    """From 1, one for each wanted item."""
    owner: IntArray
    """The list it is wanted in, 0 … lists − 1."""
    lists: int

    @property
    def wanted(self) -> IntArray:
        """R, how many items each list wants."""
        return np.bincount(self.owner, minlength=self.lists)

    def sums(self, values: NDArray[np.float64] | Mask) -> FloatArray:
        """Each list's sum of a value for each wanted item."""
        return np.bincount(self.owner, values, self.lists).astype(np.float64, copy=False)

    def where(self, chosen: Mask) -> Found:
        """Only the chosen items are wanted, and only the lists remain that want one of them."""
        lists, owner = np.unique(self.owner[chosen], return_inverse=True)
        return Found(self.rank[chosen], owner, len(lists))


def recall(found: Found, k: int) -> FloatArray:
    """The share of the wanted items among the first k: |wanted ∩ first k| / R."""
    return found.sums(found.rank <= k) / found.wanted


def hit_rate(found: Found, k: int) -> FloatArray:
    """1 where at least one wanted item is among the first k, else 0."""
    return (found.sums(found.rank <= k) > 0).astype(np.float64)


def ndcg(found: Found, k: int) -> FloatArray:
    """Σ 1 / log2(1 + rank) over the wanted items among the first k, over its largest value possible.

    Järvelin & Kekäläinen 2002 (TOIS 20:422) with gains 0 and 1; the largest value is that of min(R, k) items
    on the first ranks.
    """
    gain = np.where(found.rank <= k, 1 / np.log2(1 + found.rank), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    return found.sums(gain) / ideal[np.minimum(found.wanted, k) - 1]


def reciprocal_rank(found: Found) -> FloatArray:
    """1 / the first wanted item's rank (Voorhees 1999, TREC-8); its mean over lists is the MRR."""
    first = np.full(found.lists, np.iinfo(np.int64).max)
    np.minimum.at(first, found.owner, found.rank)
    return 1 / first


def average_precision(found: Found) -> FloatArray:
    """The mean, over the wanted items, of the precision at each one's rank; its mean over lists is the MAP.

    Σ_j (j / rank of the j-th wanted item found) / R (Buckley & Voorhees 2000, SIGIR).
    """
    order = np.lexsort((found.rank, found.owner))
    wanted = found.wanted
    starts = np.cumsum(wanted) - wanted
    precision = np.empty(len(order))
    precision[order] = (np.arange(len(order)) - np.repeat(starts, wanted) + 1) / found.rank[order]
    return found.sums(precision) / wanted
