"""Normalised co-occurrence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.cooccurrence as subject
from cobi.recommenders.cooccurrence import cooccurrence
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix

PLAIN = replace(Settings(), chance_share=0.0)


def random_touches(seed: int, share: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((20, 12)) < share) * rng.integers(1, 4, (20, 12)) * 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0]))
def test_it_is_the_formula(seed: int, chance: float) -> None:
    told = replace(Settings(), chance_share=chance)
    x = random_touches(seed)
    length, popularity = (np.maximum(x.sum(axis), 1e-12) for axis in (1, 0))
    scaled = (x / length[:, None] ** 0.5).T @ x
    expected = scaled.T / popularity[:, None] ** 0.5 / popularity**0.2
    by_chance = np.outer(expected.sum(1), expected.sum(0)) / expected.sum()
    wanted = np.maximum(expected - chance * by_chance, 0)
    np.fill_diagonal(wanted, 0)
    found = cooccurrence(SparseMatrix.of_dense(x), told).dense()
    assert found == pytest.approx(wanted, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("told", [PLAIN, Settings()])
def test_dense_and_sparse_ways_agree(monkeypatch: pytest.MonkeyPatch, told: Settings) -> None:
    x = SparseMatrix.of_dense(random_touches(3))
    answers = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(subject, "DENSE_SHARE", share)
        answers.append(cooccurrence(x, told).dense())
    assert answers[0] == pytest.approx(answers[1], rel=1e-4, abs=1e-6)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    x = SparseMatrix.of_dense(random_touches(4))
    whole = cooccurrence(x, PLAIN).dense()
    monkeypatch.setattr(subject, "BLOCK_CELLS", 36)
    assert cooccurrence(x, PLAIN).dense() == pytest.approx(whole, rel=1e-6)


def test_each_source_keeps_its_strongest_targets() -> None:
    x = SparseMatrix.of_dense(random_touches(5, 0.6))
    whole = cooccurrence(x, PLAIN).dense()
    cut = cooccurrence(x, replace(PLAIN, entries_per_signal=3)).dense()
    assert ((cut > 0).sum(1) <= 3).all()
    assert np.sort(cut, 1)[:, -3:] == pytest.approx(np.sort(whole, 1)[:, -3:])


def test_nobody_and_nothing_give_an_empty_matrix() -> None:
    assert len(cooccurrence(SparseMatrix.of_dense(np.zeros((3, 4))), PLAIN).data) == 0
