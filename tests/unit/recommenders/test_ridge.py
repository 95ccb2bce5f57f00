"""Each item regressed on its nearest: the systems that are gathered and solved are those of the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.gram as gram_module
import cobi.recommenders.ways.ridge as subject
from cobi.recommenders.dataset import ABSENT
from cobi.recommenders.gram import Gram, gram_of
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways import dual
from cobi.recommenders.ways.ridge import Solver, nearest, ridges, solver_of

ITEMS, STUDENTS, NEIGHBOURS = 30, 40, 5
few = settings(max_examples=10, deadline=None)


def a_gram(seed: int, dense_share: float, share: float = 0.2) -> Gram:
    """Of students who touched some items at random, and each item one student's alone."""
    rng = np.random.default_rng(seed)
    cells = (rng.random((STUDENTS, ITEMS)) < share) * rng.integers(1, 9, (STUDENTS, ITEMS))
    touches = SparseMatrix.of_dense(np.concatenate([cells, np.eye(ITEMS)]).astype(np.float64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram_module, "DENSE_SHARE", dense_share)
        gram = gram_of(touches, Settings())
        assert gram.square is not None
    return gram


def a_gram_of_few() -> Gram:
    """Of fewer students than items, one of whom did nothing."""
    cells = np.random.default_rng(2).poisson(0.4, (STUDENTS // 4, ITEMS)).astype(np.float64)
    cells[3] = 0
    return gram_of(SparseMatrix.of_dense(cells), Settings())


def whole(gram: Gram) -> np.ndarray:
    return gram.held().dense() + np.diag(gram.diagonal()) if gram.dense is None else gram.dense


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.02, 0.2]))
def test_each_item_is_regressed_on_its_nearest(dense_share: float, seed: int, share: float) -> None:
    gram = a_gram(seed, dense_share, share)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_ITEMS", 0)
        told = Settings(ridge_neighbours=NEIGHBOURS, ridge_penalty=2.0)
        [piece] = ridges(gram, [told])
    found = piece.matrix(ITEMS, ITEMS, ITEMS).dense()
    near, cells, penalty = nearest(gram, NEIGHBOURS), whole(gram), 2.0 * gram.diagonal().mean()
    for target in range(ITEMS):
        known = near[target][near[target] != ABSENT]
        expected = np.zeros(ITEMS)
        system = cells[np.ix_(known, known)] + penalty * np.eye(len(known))
        expected[known] = np.linalg.solve(system, cells[known, target])
        np.testing.assert_allclose(found[:, target], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.02, 0.2]))
def test_the_nearest_are_those_of_the_largest_cosine(dense_share: float, seed: int, share: float) -> None:
    gram = a_gram(seed, dense_share, share)
    length = gram.diagonal() ** -0.5
    cosine = whole(gram) * length
    np.fill_diagonal(cosine, 0)
    for near, own in zip(nearest(gram, NEIGHBOURS), cosine, strict=True):
        known = near[near != ABSENT]
        assert (np.diff(known) > 0).all()
        best = np.sort(own)[::-1][:NEIGHBOURS]
        np.testing.assert_allclose(np.sort(own[known])[::-1], best[best > 0], rtol=1e-6)


@pytest.mark.parametrize("full", [0, ITEMS], ids=["nearest", "all"])
def test_the_popularity_knob_divides_what_is_said_of_each_item_and_its_pieces_share_a_core(full: int) -> None:
    gram = a_gram(0, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_ITEMS", full)
        told = [Settings(ridge_penalty=2.0, ridge_target_damping=power) for power in (0.0, 0.2)]
        plain, damped, other = ridges(gram, [*told, Settings(ridge_penalty=8.0)])
    assert plain.rows is damped.rows is not other.rows
    before, after = (piece.matrix(ITEMS, ITEMS, ITEMS).dense() for piece in (plain, damped))
    np.testing.assert_allclose(after, before * gram.diagonal() ** -0.2, rtol=1e-5)


@pytest.mark.parametrize("tilt", [0.0, 0.5])
def test_among_few_students_each_item_is_regressed_on_all_the_others(tilt: float) -> None:
    gram = a_gram_of_few()
    assert solver_of(gram) is Solver.STUDENTS
    [piece] = ridges(gram, [Settings(ridge_penalty=2.0, ridge_tilt=tilt)])
    strength = gram.diagonal()
    penalty = 2.0 * strength.mean() * strength**tilt / (strength**tilt).mean()
    precision = np.linalg.inv(whole(gram) + np.diag(penalty))
    expected = -precision / precision.diagonal()
    np.fill_diagonal(expected, 0)
    cells = np.zeros((ITEMS, ITEMS))
    cells[np.ix_(gram.met, gram.met)] = expected
    np.testing.assert_allclose(piece.matrix(ITEMS, ITEMS, ITEMS).dense(), cells, rtol=1e-4, atol=1e-6)
    x = np.random.default_rng(3).poisson(0.3, (7, ITEMS)).astype(np.float64)
    np.testing.assert_allclose(
        piece.scores(SparseMatrix.of_dense(x), slice(0, ITEMS)), x @ cells, rtol=1e-4, atol=1e-5
    )


def test_the_same_is_found_among_students_as_among_items() -> None:
    gram = a_gram_of_few()
    told = [Settings(ridge_penalty=5.0, ridge_tilt=0.5, ridge_target_damping=0.1)]
    [one] = ridges(gram, told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dual, "MOST_STUDENTS", 0)
        assert solver_of(gram) is Solver.ITEMS
        [other] = ridges(gram, told)
    found = (piece.matrix(ITEMS, ITEMS, ITEMS).dense() for piece in (one, other))
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-6)


def test_what_was_tuned_on_all_items_stays_so_while_the_catalogue_grows_a_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gram = a_gram(0, 0.0)
    monkeypatch.setattr(subject, "FULL_ITEMS", ITEMS - 1)
    assert [solver_of(gram, whole=tuned) for tuned in (None, True, False)] == [
        Solver.NEAREST,
        Solver.ITEMS,
        Solver.NEAREST,
    ]
    monkeypatch.setattr(subject, "FULL_ITEMS", ITEMS / 2)
    assert solver_of(gram, whole=True) is Solver.NEAREST
    monkeypatch.setattr(subject, "FULL_ITEMS", ITEMS)
    assert [solver_of(gram, whole=tuned) for tuned in (None, False)] == [Solver.ITEMS, Solver.NEAREST]


def test_what_is_solved_for_one_penalty_is_let_go_for_the_next_and_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gram = a_gram(0, 0.0)
    told = [Settings(ridge_penalty=penalty) for penalty in (2.0, 8.0)]
    apart = [piece.matrix(ITEMS, ITEMS, ITEMS).dense() for piece in ridges(gram, told)]
    monkeypatch.setattr(subject, "HELD_CELLS", 1)
    pieces = ridges(gram, told)
    for number in (0, 1, 0):
        np.testing.assert_array_equal(pieces[number].matrix(ITEMS, ITEMS, ITEMS).dense(), apart[number])
