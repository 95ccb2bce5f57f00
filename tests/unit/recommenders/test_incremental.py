"""Sums over students follow a change exactly: some are subtracted and added again; a refit spares the tuning only."""

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
from cobi.recommenders.gram import Gram
from cobi.recommenders.histories import histories_of
from cobi.recommenders.progress import silent
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from tests.unit.recommenders.worlds import DAY, NOW, STUDENTS, a_catalogue, some_events, some_students

CATALOGUE = a_catalogue()
TOLD = Settings(weights=dict.fromkeys(WAYS, 1.0), entries_per_signal=7)
OTHERS = 5
"""So many students, the last ones, change nothing."""
few = settings(max_examples=10, deadline=None)


def evidence(events: Events) -> Evidence:
    students = some_students()
    space = space_of(CATALOGUE, students)
    return evidence_of(space, CATALOGUE, events, students, NOW, TOLD, ordered=True)


def everything_too(events: Events) -> Events:
    """With each item touched by one of the last students."""
    item = np.arange(CATALOGUE.size)
    student = STUDENTS - 1 - item % OTHERS
    kind = np.full(len(item), EventKind.PAGE_VIEW, np.int8)
    more = Events(student, item, kind, NOW - DAY * (1 + item))
    return Events(*(np.concatenate([getattr(one, n) for one in (events, more)]) for n in Events.__slots__))


def after_a_change(seed: int) -> tuple[Evidence, Evidence]:
    """Counted anew, and moved on from before: some students forget what they did, and do other things.

    Others touch every item, or all would be counted anew in both.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(STUDENTS - OTHERS)[:4])
    before, other = everything_too(some_events(CATALOGUE, seed, 120)), some_events(CATALOGUE, seed + 1, 120)
    kept, new = (~np.isin(before.student, rows), np.isin(other.student, rows))
    both = [np.concatenate([getattr(before, n)[kept], getattr(other, n)[new]]) for n in Events.__slots__]
    events = Events(*both)
    theirs = histories_of(events, STUDENTS, CATALOGUE, NOW, TOLD).rows(rows)
    old = evidence(before)
    assert old.gram.square is not None
    return evidence(events), changed(old, rows, theirs, events, NOW, TOLD)


@pytest.mark.parametrize("dense_share", [0.0, 2.0], ids=["dense", "sparse"])
@few
@given(seed=st.integers(0, 2**32 - 1))
def test_an_incremental_model_is_the_full_one_to_the_last_bit(dense_share: float, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "DENSE_SHARE", dense_share)
        full, moved = after_a_change(seed)
        assert moved.gram.is_counted
        assert not full.gram.is_counted
        matrices = [merged(one, TOLD, {}, silent)[0] for one in (full, moved)]
    # Or nothing was subtracted and added at all.
    assert len(moved.gram.met) == CATALOGUE.size
    assert bits(full.gram) == bits(moved.gram)
    assert matrices[0].indptr.tolist() == matrices[1].indptr.tolist()
    assert matrices[0].indices.tolist() == matrices[1].indices.tolist()
    assert matrices[0].data.tobytes() == matrices[1].data.tobytes()


def bits(gram: Gram) -> bytes:
    """The sums in float64; the model's float32 would not show their last bits."""
    return (gram.held().data if gram.dense is None else gram.dense).tobytes()


def test_sums_over_all_pairs_are_counted_only_where_a_way_learns_from_them() -> None:
    kept = {"popularity": 1.0, "relatives": 1.0, "own": 1.0}
    for weights, counted in ((kept, False), (kept | {"hop": 1.0}, True), (kept | {"hop": 0.0}, False)):
        told = replace(TOLD, weights=weights)
        before = evidence(some_events(CATALOGUE))
        merged(before, told, {}, silent)
        assert before.gram.is_counted == counted
        assert before.gram.square is not None
        rows = np.array([3])
        after = changed(before, rows, before.histories.rows(rows), before.events, NOW, told)
        assert after.gram.is_counted == counted
        assert bits(after.gram) == bits(evidence(some_events(CATALOGUE)).gram)


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
