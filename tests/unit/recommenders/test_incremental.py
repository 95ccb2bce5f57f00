"""Sums over students are exact and do not hang on how they are summed; a refit spares the tuning only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.gram as subject
from cobi.domain.interaction import ItemType
from cobi.recommenders.artifact import to_arrays
from cobi.recommenders.blend import fit, merged, refit
from cobi.recommenders.dataset import EventKind, Events, Students
from cobi.recommenders.evidence import WAYS, Evidence, changed, evidence_of
from cobi.recommenders.gram import Gram, full_square
from cobi.recommenders.histories import histories_of
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from tests.unit.recommenders.worlds import DAY, NOW, STUDENTS, a_catalogue, some_events, some_students

CATALOGUE = a_catalogue()
TOLD = Settings(weights=dict.fromkeys(WAYS, 1.0), entries_per_signal=7)
few = settings(max_examples=10, deadline=None)


def evidence(events: Events) -> Evidence:
    students = some_students()
    space = space_of(CATALOGUE, students)
    return evidence_of(space, CATALOGUE, events, students, NOW, TOLD, ordered=True)


def after_a_change(seed: int) -> tuple[Evidence, Evidence]:
    """Read anew, and moved on from before: some students forget what they did, and do other things."""
    rows = np.sort(np.random.default_rng(seed).permutation(STUDENTS)[:4])
    before, other = some_events(CATALOGUE, seed, 120), some_events(CATALOGUE, seed + 1, 120)
    kept, new = (~np.isin(before.student, rows), np.isin(other.student, rows))
    both = [np.concatenate([getattr(before, n)[kept], getattr(other, n)[new]]) for n in Events.__slots__]
    events = Events(*both)
    theirs = histories_of(events, STUDENTS, CATALOGUE, NOW, TOLD).rows(rows)
    return evidence(events), changed(evidence(before), rows, theirs, events, NOW, TOLD)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_an_incremental_model_is_the_full_one_to_the_last_bit(dense_share: float, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "DENSE_SHARE", dense_share)
        full, moved = after_a_change(seed)
        matrices = [merged(one, TOLD, {}, silent)[0] for one in (full, moved)]
    assert bits(full.gram) == bits(moved.gram)
    assert matrices[0].indptr.tolist() == matrices[1].indptr.tolist()
    assert matrices[0].indices.tolist() == matrices[1].indices.tolist()
    assert matrices[0].data.tobytes() == matrices[1].data.tobytes()


def bits(gram: Gram) -> bytes:
    return (gram.held().data if gram.dense is None else gram.dense).tobytes()


def test_sums_over_all_pairs_are_counted_only_where_a_way_learns_from_them() -> None:
    kept = {"popularity": 1.0, "relatives": 1.0, "own": 1.0}
    for weights, counted in ((kept, False), (kept | {"hop": 1.0}, True), (kept | {"hop": 0.0}, False)):
        told = replace(TOLD, weights=weights)
        before = evidence(some_events(CATALOGUE))
        merged(before, told, {}, silent)
        assert before.gram.is_counted == counted


@few
@given(seed=st.integers(0, 2**32 - 1))
def test_sparse_and_dense_sums_are_the_same(seed: int) -> None:
    found = []
    for share in (0.0, 2.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subject, "DENSE_SHARE", share)
            gram = evidence(some_events(CATALOGUE, seed)).gram
            held = gram.held().dense() + np.diag(gram.diagonal()) if gram.dense is None else gram.dense
            found.append(held.astype(np.float32))
    assert (found[0] == found[1]).all()


@few
@given(seed=st.integers(0, 2**32 - 1), products=st.integers(1, 200))
def test_no_order_of_students_and_no_grouping_changes_a_bit_of_the_sums(seed: int, products: int) -> None:
    touched = evidence(some_events(CATALOGUE, seed)).gram.scaled
    mixed = touched.rows(np.random.default_rng(seed).permutation(touched.height))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "GROUPED_PRODUCTS", products)
        patch.setattr(subject, "MIRRORED_ROWS", 3)
        square = full_square(mixed)
    assert square.tobytes() == (touched.dense().T @ touched.dense()).tobytes()
    assert full_square(touched, np.float32).tobytes() == square.astype(np.float32).tobytes()


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
def test_a_refit_is_the_full_training_that_finds_the_same_settings_to_the_last_bit(
    dense_share: float,
) -> None:
    # Full training subtracts students while it tunes and adds them again; a refit counts everything anew.
    events, many = round_the_offers(), Students(120)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "DENSE_SHARE", dense_share)
        full = fit(CATALOGUE, events, many, NOW)
        again = refit(full, CATALOGUE, events, many, NOW)
    assert full.card["figures"]["cases"] >= 60
    assert full.settings.weights["sequence"] > 0
    assert again.card == full.card
    for name, array in to_arrays(full).items():
        assert array.tobytes() == to_arrays(again)[name].tobytes()


def round_the_offers() -> Events:
    """Students walk from offer to offer, one a day, each from a place of their own: the order tells what comes next."""
    offers, steps = CATALOGUE.of_type(ItemType.OFFER), 10
    student, step = np.repeat(np.arange(120), steps), np.tile(np.arange(steps), 120)
    item = offers.start + (7 * student + step) % (offers.stop - offers.start)
    return Events(student, item, np.full(len(item), EventKind.PAGE_VIEW, np.int8), NOW - (steps - step) * DAY)


def test_a_refit_learns_what_happened_meanwhile() -> None:
    before, students = some_events(CATALOGUE, count=200), some_students()
    model = fit(CATALOGUE, before, students, NOW)
    more = some_events(CATALOGUE, 1, 400)
    again = refit(model, CATALOGUE, more, students, NOW)
    assert again.settings == model.settings
    assert again.card["events"] == 400
    assert again.matrix.data.tobytes() != model.matrix.data.tobytes()
