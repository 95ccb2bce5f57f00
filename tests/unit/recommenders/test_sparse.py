"""Matrices in compressed rows do what the same does with dense ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.recommenders.sparse import SparseMatrix


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
