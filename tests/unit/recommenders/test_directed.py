"""What comes after what is counted as its definition says, whether rows are made whole or sparse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.ways.directed as subject
from cobi.recommenders.gram import GRAIN
from cobi.recommenders.histories import Histories
from cobi.recommenders.settings import Settings
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.directed import directed, followings

ITEMS, STUDENTS = 12, 9


def counted(histories: Histories, reach: int) -> np.ndarray:
    """C by its definition, student by student and pair by pair."""
    cells = np.zeros((ITEMS, ITEMS))
    touched = histories.touched
    for student in range(STUDENTS):
        own = slice(touched.indptr[student], touched.indptr[student + 1])
        walk = sorted(zip(histories.last[own].tolist(), touched.indices[own].tolist(), strict=True))
        for place, (time, item) in enumerate(walk):
            for distance, (later, other) in enumerate(walk[place + 1 : place + 1 + reach], 1):
                shares = (0.75, 0.75) if later == time else (1.0, 0.5)
                forth, back = np.rint(np.array(shares) * distance**-0.5 / GRAIN) * GRAIN
                cells[item, other] += forth
                cells[other, item] += back
    return cells


@pytest.mark.parametrize("share", [0.0, np.inf], ids=["whole", "sparse"])
@pytest.mark.parametrize("spread", [4, 2**62], ids=["many at once", "times too far apart for one number"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), filled=st.sampled_from([0.0, 0.1, 0.6]), reach=st.integers(1, 9))
def test_what_comes_soon_after_what_is_counted(
    share: float, spread: int, seed: int, filled: float, reach: int
) -> None:
    rng = np.random.default_rng(seed)
    touched = SparseMatrix.of_dense((rng.random((STUDENTS, ITEMS)) < filled).astype(np.float64))
    histories = Histories(touched, rng.integers(0, spread, len(touched.data)))
    told = Settings(sequence_reach=reach, sequence_source_damping=0.0, sequence_target_damping=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "FULL_SHARE", share)
        [piece] = directed(followings(histories, told), np.ones(ITEMS), [told])
        found = piece.matrix(ITEMS, ITEMS, ITEMS).dense()
    assert (found == counted(histories, reach).astype(np.float32)).all()
