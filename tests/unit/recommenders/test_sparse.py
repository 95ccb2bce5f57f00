"""Matrices in compressed rows do what the same does with dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.sparse as subject
from cobi.recommenders.sparse import SparseMatrix, stacked


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gone=st.sampled_from([0.0, 0.4]))
def test_rows_and_columns_are_renumbered_and_left_out_where_they_have_no_number(
    seed: int, gone: float
) -> None:
    luck = np.random.default_rng(seed)
    cells = luck.integers(-1, 2, (7, 9)).astype(np.float64)
    rows, columns = (np.sort(luck.permutation(size * 2)[:size]) for size in cells.shape)
    expected = np.zeros((14, 18))
    for maps in (rows, columns):
        maps[luck.random(len(maps)) < gone] = -1
    expected[np.ix_(rows[rows >= 0], columns[columns >= 0])] = cells[np.ix_(rows >= 0, columns >= 0)]
    found = SparseMatrix.of_dense(cells).renumbered(rows, 14, columns, 18)
    assert (found.dense() == expected).all()


def test_what_is_not_scaled_is_as_if_scaled_by_one() -> None:
    matrix = SparseMatrix.of_dense(np.arange(12.0).reshape(3, 4))
    rows, columns = np.array([2.0, 0.5, 3.0]), np.array([1.0, 4.0, 0.25, 2.0])
    assert (matrix.scaled(rows).dense() == matrix.scaled(rows, np.ones(4)).dense()).all()
    assert (matrix.scaled(columns=columns).dense() == matrix.scaled(np.ones(3), columns).dense()).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_product_is_turned_as_if_it_were_made_first(seed: int) -> None:
    one, other = np.random.default_rng(seed).integers(-1, 2, (2, 6, 6)).astype(np.float64)
    found = SparseMatrix.of_dense(one).product_transposed(SparseMatrix.of_dense(other))
    assert (found.dense() == (one @ other).T).all()
    assert all((np.diff(found.row_range(row, row + 1).indices) > 0).all() for row in range(6))


@pytest.mark.parametrize("alone", [0, 10**6], ids=["threads", "one thread"])
def test_stacked_rows_are_those_of_the_parts(alone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "JOINED_ALONE", alone)
    cells = np.random.default_rng(0).integers(-1, 2, (9, 4)).astype(np.float32)
    parts = [SparseMatrix.of_dense(cells[first:last]) for first, last in ((0, 2), (2, 2), (2, 9))]
    found = stacked(parts, 4)
    assert found.data.dtype == np.float32
    assert (found.dense() == cells).all()
    assert stacked([], 4).dense().shape == (0, 4)
    assert stacked([parts[0], parts[2].scaled(np.ones(7))], 4).data.dtype == np.float64


@pytest.mark.parametrize("at_once", [1, 30, 10**6])
def test_rows_of_very_different_length_are_cut_as_each_alone(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck = np.random.default_rng(1)
    matrix = SparseMatrix.of_dense(luck.random((40, 60)) * (luck.random((40, 60)) < luck.random((40, 1))))
    alone = [matrix.row_range(row, row + 1).cut(5).dense() for row in range(40)]
    monkeypatch.setattr(subject, "CELLS_AT_ONCE", at_once)
    assert (matrix.cut(5).dense() == np.concatenate(alone)).all()
