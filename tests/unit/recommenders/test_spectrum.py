"""The strongest part of a spectrum is found from products alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.recommenders.ways.spectrum import BLOCKS, _krylov, strongest


def a_square(size: int, value: np.ndarray, seed: int) -> np.ndarray:
    vector, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, len(value))))
    return ((vector * value) @ vector.T).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 300), few=st.integers(1, 40))
def test_what_stands_out_is_found_whatever_the_rest(seed: int, size: int, few: int) -> None:
    luck = np.random.default_rng(seed)
    value = np.concatenate([10.0 ** luck.uniform(0, 3, min(few, size)), luck.uniform(0, 0.3, size)])[:size]
    square = a_square(size, value, seed)
    found, vector = strongest(square.__matmul__, size, few)
    wanted = np.sort(value)[::-1][: min(few, size)]
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3 * wanted[0])
    np.testing.assert_allclose(vector.T @ vector, np.eye(len(found)), atol=1e-4)
    np.testing.assert_allclose(square @ vector, vector * found, atol=2e-3 * wanted[0])


def test_blocks_that_do_not_stand_side_by_side_meet_only_in_rounding() -> None:
    square = a_square(400, np.linspace(0, 1, 400), 2)
    basis, small = _krylov(square.__matmul__, 400, 5)
    whole = basis.T @ square @ basis
    np.testing.assert_allclose(basis.T @ basis, np.eye(5 * BLOCKS), atol=1e-6)
    np.testing.assert_allclose(np.triu(small), np.triu(whole), atol=1e-6)


@pytest.mark.parametrize("rank", [0, 3, 50])
def test_a_matrix_of_less_rank_than_is_asked_for_is_no_error(rank: int) -> None:
    square = a_square(200, np.linspace(1, 2, rank), 0) if rank else np.zeros((200, 200), np.float32)
    found, vector = strongest(square.__matmul__, 200, 60)
    assert np.isfinite(vector).all()
    np.testing.assert_allclose((vector * found) @ vector.T, square, atol=1e-3)
    assert strongest(square[:0, :0].__matmul__, 0, 0)[0].tolist() == []


def test_it_is_the_same_to_the_byte_each_time() -> None:
    square = a_square(300, np.linspace(0, 1, 300), 1)
    one, other = (strongest(square.__matmul__, 300, 20)[1] for _ in range(2))
    assert one.tobytes() == other.tobytes()
