"""Sums over students follow a change exactly: some are subtracted and added again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.gram as subject
from cobi.recommenders.blend import merged
from cobi.recommenders.dataset import Events
from cobi.recommenders.evidence import WAYS, Evidence, changed, evidence_of
from cobi.recommenders.histories import histories_of
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from tests.unit.recommenders.worlds import NOW, STUDENTS, a_catalogue, some_events, some_students

CATALOGUE = a_catalogue()
TOLD = Settings(weights=dict.fromkeys(WAYS, 1.0), entries_per_signal=7)
few = settings(max_examples=10, deadline=None)


def evidence(events: Events) -> Evidence:
    students = some_students()
    space = space_of(CATALOGUE, students)
    return evidence_of(space, CATALOGUE, events, students, NOW, TOLD, ordered=True)


def after_a_change(seed: int) -> tuple[Evidence, Evidence]:
    """Counted anew, and moved on from before: some students forget what they did, and do other things."""
    rows = np.sort(np.random.default_rng(seed).permutation(STUDENTS)[:4])
    before, other = some_events(CATALOGUE, seed, 120), some_events(CATALOGUE, seed + 1, 120)
    kept, new = (~np.isin(before.student, rows), np.isin(other.student, rows))
    both = [np.concatenate([getattr(before, n)[kept], getattr(other, n)[new]]) for n in Events.__slots__]
    events = Events(*both)
    theirs = histories_of(events, STUDENTS, CATALOGUE.size, NOW, TOLD).rows(rows)
    return evidence(events), changed(evidence(before), rows, theirs, events, NOW, TOLD)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_an_incremental_model_is_the_full_one_to_the_last_bit(dense_share: float, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "DENSE_SHARE", dense_share)
        full, moved = after_a_change(seed)
        matrices = [merged(one, TOLD, {}, silent)[0] for one in (full, moved)]
    assert matrices[0].indptr.tolist() == matrices[1].indptr.tolist()
    assert matrices[0].indices.tolist() == matrices[1].indices.tolist()
    assert matrices[0].data.tobytes() == matrices[1].data.tobytes()


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_sparse_and_dense_sums_are_the_same(seed: int) -> None:
    found = []
    for share in (0.0, 2.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subject, "DENSE_SHARE", share)
            gram = evidence(some_events(CATALOGUE, seed)).gram
            held = gram.held().dense() + np.diag(gram.diagonal()) if gram.dense is None else gram.dense
            found.append(held)
    assert (found[0] == found[1]).all()
