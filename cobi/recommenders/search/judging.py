"""How good a ranking of held-out items is: the mean of NDCG@10 and recall@20 over students."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cobi.recommenders.dataset import FloatArray, IntArray

NDCG_AT = 10
RECALL_AT = 20
ROWS_AT_ONCE = 256


def ranks(scores: NDArray[np.float32], case: IntArray, place: IntArray) -> FloatArray:
    """How many of its case's columns each target (case, place) stands below; of equals half."""
    found = np.empty(len(case))
    for first in range(0, len(scores), ROWS_AT_ONCE):
        start, stop = np.searchsorted(case, [first, first + ROWS_AT_ONCE])
        own = case[start:stop]
        value = scores[own, place[start:stop]][:, None]
        rows = scores[own]
        found[start:stop] = (rows > value).sum(axis=1) + ((rows == value).sum(axis=1) - 1) / 2
    return found


def worth(rank: FloatArray, case: IntArray, cases: int) -> FloatArray:
    """Each case's value, 0…1, of its targets' ranks."""
    held = np.maximum(np.bincount(case, minlength=cases), 1)
    gain = np.where(rank < NDCG_AT, 1 / np.log2(2 + rank), 0.0)
    ideal = np.cumsum(1 / np.log2(2 + np.arange(NDCG_AT)))[np.minimum(held, NDCG_AT) - 1]
    hits = np.bincount(case, weights=rank < RECALL_AT, minlength=cases)
    ndcg = np.bincount(case, weights=gain, minlength=cases) / ideal
    return (ndcg + hits / np.minimum(held, RECALL_AT)) / 2


def share_above(rank: FloatArray, case: IntArray, shown: IntArray) -> FloatArray:
    """Each case's mean share of the `shown` items that its targets stand above, 0…1: ½ is chance."""
    cases = len(shown)
    held = np.maximum(np.bincount(case, minlength=cases), 1)
    above = 1 - rank / np.maximum(shown[case] - 1, 1)
    return np.bincount(case, weights=above, minlength=cases) / held


def half_interval(values: FloatArray) -> float:
    """Half of the normal 95 % interval of the mean of what independent cases say."""
    if len(values) < 2:
        return 0.0
    return 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
