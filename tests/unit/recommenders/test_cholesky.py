"""Cholesky's factors give what the plain inverse gives."""

from __future__ import annotations

import numpy as np
import pytest

from cobi.recommenders.ways import cholesky


def test_an_inverse_takes_the_place_of_its_matrix_of_which_the_lower_half_is_read() -> None:
    size = cholesky.COLUMNS_AT_ONCE + 40
    cells = np.random.default_rng(4).standard_normal((size, 2 * size))
    expected = np.linalg.inv(cells @ cells.T)
    square = np.asfortranarray(np.tril(cells @ cells.T), np.float32)
    found = cholesky.inverse(square)
    assert np.shares_memory(found, square)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-5)


def test_a_regression_needs_the_inverse_only_of_its_right_side_and_its_diagonal() -> None:
    cells = np.random.default_rng(5).standard_normal((30, 60))
    square, right = cells @ cells.T, cells[:, 0].copy()
    inverse = np.linalg.inv(square)
    solution, diagonal = cholesky.solved(square.copy(), right)
    np.testing.assert_allclose(solution, inverse @ right, rtol=1e-9)
    np.testing.assert_allclose(diagonal, inverse.diagonal(), rtol=1e-9)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="row 2 of 3"):
        cholesky.solved(np.diag([1.0, -1.0, 1.0]), np.ones(3))
