"""What passes along the structure is one product, whether rows alike are made once, sparse, whole or one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.gram as gram_module
import cobi.recommenders.structure as subject
from cobi.recommenders.gram import Gram, gram_of
from cobi.recommenders.histories import histories_of
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.structure import descending, kinds_of, passed_on, relatives, rising
from cobi.recommenders.ways import kinship
from cobi.recommenders.ways.attributes import attributes
from tests.unit.recommenders.worlds import NOW, STUDENTS, a_catalogue, some_events

CATALOGUE, TOLD = a_catalogue(), Settings()
LARGER = a_catalogue(60)
EVERY = CATALOGUE.size
few = settings(max_examples=10, deadline=None)


@pytest.mark.parametrize("share", [0.0, np.inf], ids=["whole", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_a_core_is_passed_on_to_all_that_belongs_to_what_it_speaks_of(share: float, seed: int) -> None:
    core = SparseMatrix.of_dense(np.random.default_rng(seed).random((EVERY, EVERY)) * parents_only())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_SHARE", share)
        piece = passed_on(CATALOGUE, core, TOLD)
    assert isinstance(piece.rows(0, 1), SparseMatrix) == (share > 1)
    found = piece.matrix(EVERY, EVERY, EVERY)
    up, down = rising(CATALOGUE, TOLD).dense(), descending(CATALOGUE, TOLD).dense()
    np.testing.assert_allclose(found.dense(), up @ core.dense() @ down.T, rtol=1e-5, atol=1e-6)
    applied = piece.scores(SparseMatrix.identity(EVERY), slice(0, EVERY))
    np.testing.assert_allclose(found.dense(), applied, rtol=1e-5, atol=1e-6)


def parents_only() -> np.ndarray:
    """Three parents in ten speak, and what belongs to the others is left out."""
    parents = np.unique(CATALOGUE.links[:, 1])
    cells = np.zeros((EVERY, EVERY))
    cells[np.ix_(parents, parents)] = (parents[:, None] + parents) % 10 < 3
    return cells


@pytest.mark.parametrize("share", [0.0, np.inf], ids=["whole", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1), entries=st.sampled_from([1, 4, EVERY]))
def test_relatives_and_attributes_are_cut_without_what_they_say_of_themselves(
    share: float, seed: int, entries: int
) -> None:
    touched = np.random.default_rng(seed).random(EVERY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_SHARE", share)
        for piece in (relatives(CATALOGUE, touched, TOLD), attributes(CATALOGUE)):
            applied = piece.scores(SparseMatrix.identity(EVERY), slice(0, EVERY))
            np.fill_diagonal(applied, 0)
            found = piece.matrix(entries, EVERY, EVERY).dense()
            kept = found != 0
            assert (kept.sum(axis=1) == np.minimum((applied > 1e-6).sum(axis=1), entries)).all()
            np.testing.assert_allclose(found[kept], applied[kept], rtol=1e-5)
            left = np.where(kept, 0, applied).max(axis=1)
            assert (left <= np.where(kept, found, np.inf).min(axis=1) + 1e-6).all()


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_kinds_are_the_distinct_rows(seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 2, (20, 4)).astype(np.float64)
    found = kinds_of(SparseMatrix.of_dense(cells))
    assert found.rows.height == len(np.unique(cells, axis=0))
    assert (found.rows.dense()[found.kind] == cells).all()
    assert (found.membership().dense() @ found.rows.dense() == cells).all()


def a_gram(seed: int, dense_share: float) -> Gram:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram_module, "DENSE_SHARE", dense_share)
        gram = uncounted(seed)
        assert isinstance(gram.square, SparseMatrix) == (dense_share > 1)
    return gram


def uncounted(seed: int) -> Gram:
    events = some_events(LARGER, seed, 400, offers=60)
    return gram_of(histories_of(events, STUDENTS, LARGER, NOW, TOLD).touched, TOLD)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_what_rises_is_the_same_added_first_over_the_offers_of_a_shop(dense_share: float, seed: int) -> None:
    gram, found = a_gram(seed, dense_share), []
    for most in (0, kinship.MOST_KINDS):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kinship, "MOST_KINDS", most)
            whole = kinship.risen(LARGER, gram, TOLD)
        assert (whole.up.height == gram.size) == (most == 0)
        found.append((whole.block(0, whole.size), whole.diagonal(), whole.row_sums()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_what_rises_is_the_same_to_the_bit_whether_g_was_counted_or_not(
    dense_share: float, seed: int
) -> None:
    counted, spared = a_gram(seed, dense_share), uncounted(seed)
    found = [kinship.risen(LARGER, gram, TOLD) for gram in (counted, spared)]
    assert [gram.is_counted for gram in (counted, spared)] == [True, False]
    sums = [whole.summed for whole in found]
    assert sums[0] is not None
    assert sums[1] is not None
    assert sums[0].tobytes() == sums[1].tobytes()
    assert found[0].diagonal().tobytes() == found[1].diagonal().tobytes()
