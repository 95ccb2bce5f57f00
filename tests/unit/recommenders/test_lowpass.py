"""The low-pass is the filter of the definition, and large catalogues bound it."""

from __future__ import annotations

import numpy as np
import pytest

import cobi.recommenders.ways.lowpass as subject
from cobi.recommenders.gram import Gram, gram_of
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.lowpass import low_passes

ITEMS, STUDENTS = 20, 60


def a_gram() -> Gram:
    rng = np.random.default_rng(1)
    cells = (rng.random((STUDENTS, ITEMS)) < 0.3).astype(np.float64)
    return gram_of(SparseMatrix.of_dense(np.concatenate([cells, np.eye(ITEMS)])), Settings())


@pytest.mark.parametrize(("floor", "power"), [(0.05, 0.0), (0.05, 0.4), (0.2, 0.4)])
def test_weak_parts_of_the_spectrum_are_damped_as_the_floor_says(floor: float, power: float) -> None:
    gram = a_gram()
    strength = gram.diagonal()
    square = gram.block(0, ITEMS)
    square = square.dense() if isinstance(square, SparseMatrix) else square
    scaled = (square + np.diag(strength)) * np.outer(strength**-0.5, strength**-0.5)
    value, vector = np.linalg.eigh(scaled)
    expected = (vector * (value / (value + floor * value.max()))) @ vector.T
    np.fill_diagonal(expected, 0)
    expected *= np.outer(strength**-0.5, strength**power)
    [piece] = low_passes(gram, [Settings(spectrum_floor=floor, spectrum_popularity=power)])
    np.testing.assert_allclose(piece.matrix(ITEMS, ITEMS, ITEMS).dense(), expected, atol=2e-5)


def test_fewer_parts_are_those_of_the_same_spectrum() -> None:
    gram = a_gram()
    few, many = Settings(spectrum=3), Settings(spectrum=ITEMS)
    together = low_passes(gram, [few, many, few])
    assert together[0].rows is together[2].rows is not together[1].rows
    alone = [low_passes(gram, [own])[0] for own in (few, many)]
    for one, other in zip(together, alone, strict=False):
        found, expected = (piece.matrix(ITEMS, ITEMS, ITEMS).dense() for piece in (one, other))
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_what_goes_together_is_not_counted_where_the_touches_tell_the_spectrum_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = low_passes(a_gram(), [Settings()])[0].matrix(ITEMS, ITEMS, ITEMS).dense()
    monkeypatch.setattr(subject, "GEMM_GAIN", 0)
    gram = a_gram()
    [piece] = low_passes(gram, [Settings()])
    assert not gram.is_counted
    np.testing.assert_allclose(piece.matrix(ITEMS, ITEMS, ITEMS).dense(), expected, atol=1e-5)


def test_large_catalogues_keep_fewer_parts_of_the_spectrum() -> None:
    assert [subject._parts(Settings(), items) for items in (100, 20_000, 40_000)] == [100, 400, 250]
