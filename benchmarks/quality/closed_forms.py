"""Rivals in a few lines each, on the students × offers matrix of 0 and 1 (or of counts, where students come back).

EASE (Steck 2019, arXiv:1905.03375), GF-CF (Shen et al. 2021, arXiv:2108.07567), cosine neighbours, popularity and own
frequency. What they have to choose is chosen on the test itself, in their favour.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from benchmarks.quality.public import Scorer
from benchmarks.quality.public_sets import Task

PENALTIES = (30.0, 100.0, 300.0, 1000.0, 3000.0)
"""λ of EASE."""
SHARES = (0.1, 0.3, 1.0)
"""α of GF-CF: how much its ideal low-pass counts beside its one hop."""
FACTORS = 256
MOST_ITEMS = 12_500
"""EASE solves no larger system here."""


def rivals(task: Task) -> Iterator[tuple[str, Scorer]]:
    """Each with its settings in its name."""
    shape = (task.students, task.offers)
    counts = sparse.csr_matrix((np.ones(len(task.train)), (task.train[:, 0], task.train[:, 1])), shape=shape)
    touched = counts.copy()
    touched.data[:] = 1
    popular = np.asarray(touched.sum(axis=0)).ravel()
    yield "popularity", lambda students: np.tile(popular, (len(students), 1))
    if task.returning:
        rest = popular / (popular.max() + 1) / 2
        yield "own frequency", lambda students: counts[students].toarray() + rest
    length = np.maximum(popular, 1) ** -0.5
    unit = (touched @ sparse.diags(length)).tocsr()
    cosine = (unit.T @ unit).tocsr()
    cosine.setdiag(0)
    yield "cosine neighbours", lambda students: (touched[students] @ cosine).toarray()
    yield from _gfcf(touched)
    if task.offers <= MOST_ITEMS:
        yield from _ease(touched)


def _gfcf(touched: sparse.csr_matrix) -> Iterator[tuple[str, Scorer]]:
    of_student, of_offer = (np.maximum(np.asarray(touched.sum(axis=axis)).ravel(), 1) for axis in (1, 0))
    even = sparse.csr_matrix(sparse.diags(of_student**-0.5) @ touched @ sparse.diags(of_offer**-0.5))
    hop, vectors = (even.T @ even).tocsr(), _strongest(even, min(FACTORS, *even.shape))

    for share in SHARES:

        def score(students: NDArray[np.int64], share: float = share) -> NDArray[np.floating]:
            x = touched[students]
            low = ((x @ (vectors * of_offer[:, None] ** -0.5)) @ vectors.T) * of_offer**0.5
            return (x @ hop).toarray() + share * low

        yield f"GF-CF {share:g}", score


def _strongest(even: sparse.csr_matrix, rank: int) -> NDArray[np.floating]:
    """The right singular vectors of the largest values, by subspace iteration."""
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((even.shape[1], rank + 10)))[0]
    for _ in range(8):
        basis = np.linalg.qr(even.T @ (even @ basis))[0]
    value, turn = np.linalg.eigh((half := even @ basis).T @ half)
    return (basis @ turn[:, np.argsort(-value)[:rank]]).astype(np.float32)


def _ease(touched: sparse.csr_matrix) -> Iterator[tuple[str, Scorer]]:
    square = (touched.T @ touched).toarray().astype(np.float32)
    for penalty in PENALTIES:
        system = np.array(square, order="F")
        system[np.diag_indices(len(system))] += penalty
        factor, _ = lapack.spotrf(system, lower=1, overwrite_a=1)
        half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
        found = np.tril(half) + np.tril(half, -1).T
        found /= -np.diagonal(found).copy()
        np.fill_diagonal(found, 0)
        yield f"EASE {penalty:g}", lambda students, found=found: touched[students] @ found
