"""What several ways say is their sum, each row cut, however its rows are added."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.merging as subject
from cobi.recommenders.merging import added
from cobi.recommenders.sparse import SparseMatrix

HEIGHT, WIDTH = 23, 40


@pytest.mark.parametrize("share", [0.0, np.inf], ids=["whole", "sparse"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), entries=st.sampled_from([1, 3, WIDTH]), ways=st.integers(0, 4))
def test_the_largest_of_the_sum_stay(share: float, seed: int, entries: int, ways: int) -> None:
    rng = np.random.default_rng(seed)
    # Small whole numbers, so that many are equal and all sums are exact.
    values = [rng.integers(-2, 3, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(ways)]
    factors = rng.integers(1, 4, ways).astype(float).tolist()
    parts = [(SparseMatrix.of_dense(own), factor) for own, factor in zip(values, factors, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_SHARE", share)
        patch.setattr(subject, "NEAR_CELLS", 3 * WIDTH)
        found, size = added(parts, 2, HEIGHT, WIDTH, entries)
    whole = sum((f * own for f, own in zip(factors, values, strict=True)), np.zeros((HEIGHT, WIDTH)))[2:]
    assert (found.dense() == SparseMatrix.of_dense(whole).cut(entries).dense()).all()
    assert size == np.abs(whole).sum()
