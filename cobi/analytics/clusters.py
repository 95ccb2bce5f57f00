"""Groups of rows that point the same way: truncated SVD, then k-means on the sphere; seeded and bounded.

The sketch is that of Halko, Martinsson & Tropp (2011), the means those of Dhillon & Modha (2001) begun as k-means++
(Arthur & Vassilvitskii, 2007), their number the one with the greatest simplified silhouette, and stability the mean
Jaccard likeness of a cluster to its nearest one among clusters of other samples (Hennig, 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DIMENSIONS = 32
_OVERSAMPLED, _POWERS = 8, 2
_ITERATIONS, _STARTS, _SAMPLES, _SAMPLED = 30, 3, 8, 0.8


@dataclass(frozen=True)
class Clusters:
    """Each row's cluster, and each cluster's stability, 0…1."""

    label: IntArray
    stability: FloatArray


def cluster(rows: csr_array, numbers: Sequence[int], seed: int, family: IntArray | None = None) -> Clusters:
    """Cluster non-empty rows (n × features, non-negative) into as many groups, of these numbers, as suits them best.

    With `family`, each row's number, a row counts by what sets it apart from the mean of its family.
    """
    luck = np.random.default_rng(seed)
    families = np.zeros(rows.shape[0], np.int64) if family is None else family
    points = on_the_sphere(reduced(Apart(rows, families, usual=family is not None), DIMENSIONS, luck))
    found = [k_means(points, number, luck) for number in numbers if number < len(points)]
    if not found:
        return Clusters(np.zeros(len(points), np.int64), np.ones(1))
    label = max(found, key=lambda each: silhouette(points, each))
    return Clusters(label, _stability(points, label, luck))


class Apart:
    """Sparse rows less the mean of their family each, never made dense: X - F M, F the families' indicator."""

    def __init__(self, rows: csr_array, family: IntArray, *, usual: bool) -> None:
        self._rows = rows
        size = int(family.max(initial=0)) + 1
        own = np.ones(len(family)) if usual else np.zeros(len(family))
        self._member = csr_array((own, (np.arange(len(family)), family)), shape=(len(family), size))
        counts = np.maximum(np.bincount(family, minlength=size), 1)
        self._means = np.asarray((self._member.T @ rows).todense()) / counts[:, None]

    @property
    def shape(self) -> tuple[int, int]:
        return self._rows.shape

    def times(self, columns: FloatArray) -> FloatArray:
        """These rows times a dense matrix."""
        return self._rows @ columns - self._member @ (self._means @ columns)

    def transposed_times(self, columns: FloatArray) -> FloatArray:
        """The transpose of these rows times a dense matrix."""
        return self._rows.T @ columns - self._means.T @ (self._member.T @ columns)


def reduced(rows: Apart, dimensions: int, luck: np.random.Generator) -> FloatArray:
    """The rows' coordinates along the first right singular vectors, n × at most `dimensions`."""
    height, width = rows.shape
    sketch = luck.standard_normal((width, min(dimensions + _OVERSAMPLED, width, height)))
    basis = rows.times(sketch)
    for _ in range(_POWERS):
        basis = rows.times(rows.transposed_times(np.linalg.qr(basis)[0]))
    basis = np.linalg.qr(basis)[0]
    left, strength, _ = np.linalg.svd(rows.transposed_times(basis).T, full_matrices=False)
    return (basis @ left * strength)[:, :dimensions]


def on_the_sphere(points: FloatArray) -> FloatArray:
    """Each row at length 1; one of zeros stays."""
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points / np.where(length > 0, length, 1.0)


def k_means(points: FloatArray, number: int, luck: np.random.Generator) -> IntArray:
    """Each point's cluster, of the best of some starts; clusters are numbered by size, the largest first."""
    best, label = -np.inf, np.zeros(len(points), np.int64)
    for _ in range(_STARTS):
        near = _one_start(points, _begin(points, number, luck))
        agreement = float(near.max(axis=1).sum())
        if agreement > best:
            best, label = agreement, near.argmax(axis=1)
    order = np.argsort(-np.bincount(label, minlength=number), kind="stable")
    place = np.empty(number, np.int64)
    place[order] = np.arange(number)
    return place[label]


def silhouette(points: FloatArray, label: IntArray) -> float:
    """How much nearer points lie to their own centre than to the next one, -1…1 on average."""
    centres = _centres(points, label, int(label.max()) + 1)
    far = 1 - points @ centres.T
    own = far[np.arange(len(points)), label]
    far[np.arange(len(points)), label] = np.inf
    other = far.min(axis=1)
    if not np.isfinite(other).all():
        return -1.0
    return float(((other - own) / np.maximum(np.maximum(own, other), 1e-12)).mean())


def _begin(points: FloatArray, number: int, luck: np.random.Generator) -> FloatArray:
    """Points far apart: each drawn by its distance from those before it."""
    chosen = [int(luck.integers(len(points)))]
    far = np.full(len(points), np.inf)
    for _ in range(number - 1):
        far = np.minimum(far, np.maximum(1 - points @ points[chosen[-1]], 0))
        total = far.sum()
        chance = far / total if total > 0 else None
        chosen.append(int(luck.choice(len(points), p=chance)))
    return points[chosen]


def _one_start(points: FloatArray, centres: FloatArray) -> FloatArray:
    """Every point's cosine with each centre once they rest."""
    label = np.full(len(points), -1)
    near = points @ centres.T
    for _ in range(_ITERATIONS):
        moved = near.argmax(axis=1)
        if (moved == label).all():
            break
        label = moved
        near = points @ _centres(points, label, len(centres)).T
    return near


def _centres(points: FloatArray, label: IntArray, number: int) -> FloatArray:
    member = csr_array((np.ones(len(label)), (label, np.arange(len(label)))), shape=(number, len(label)))
    return on_the_sphere(np.asarray(member @ points))


def _stability(points: FloatArray, label: IntArray, luck: np.random.Generator) -> FloatArray:
    number = int(label.max()) + 1
    likeness = np.zeros(number)
    for _ in range(_SAMPLES):
        drawn = luck.random(len(points)) < _SAMPLED
        again = k_means(points[drawn], number, luck) if drawn.sum() > number else label[drawn]
        both = np.zeros((number, number))
        np.add.at(both, (label[drawn], again), 1)
        either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
        likeness += (both / np.maximum(either, 1)).max(axis=1)
    return likeness / _SAMPLES
