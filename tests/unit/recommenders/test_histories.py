"""Histories are the same however events lie and however many are read at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cobi.recommenders.histories as subject
from cobi.recommenders import signals
from cobi.recommenders.dataset import Events
from cobi.recommenders.histories import Histories, histories_of
from cobi.recommenders.settings import Settings, SignalRule
from tests.unit.recommenders.worlds import NOW, STUDENTS, a_catalogue, some_events

CATALOGUE = a_catalogue()
FADING = Settings(
    signals={deed: SignalRule(half_life_days=20.0) for deed in Settings().signals}, order_damping=0.4
)


def read(events: Events, told: Settings, **limits: int) -> Histories:
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in limits.items():
            patch.setattr(signals if name == "FEW" else subject, name, limit)
        return histories_of(events, STUDENTS, CATALOGUE, NOW, told)


def bits(histories: Histories) -> Mapping[str, bytes]:
    touched = histories.touched
    arrays = {"indptr": touched.indptr, "indices": touched.indices, "data": touched.data}
    return {name: array.tobytes() for name, array in (arrays | {"last": histories.last}).items()}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 40, 10**6]), st.booleans(), st.booleans())
def test_in_how_many_parts_and_in_what_order_events_are_read_changes_no_bit(
    seed: int, at_once: int, by_student: bool, fades: bool
) -> None:
    events = some_events(CATALOGUE, seed, 150)
    if by_student:
        events = events.where(np.argsort(events.student, kind="stable"))
    told = FADING if fades else Settings()
    whole = bits(read(events, told))
    assert bits(read(events, told, EVENTS_AT_ONCE=at_once)) == whole
    assert bits(read(events, told, EVENTS_AT_ONCE=at_once, MOST_PARTS=3)) == whole
    assert bits(read(events, told, FEW=0)) == whole


def test_deeds_without_a_rule_and_anonymous_ones_are_in_nobodys_history() -> None:
    events = some_events(CATALOGUE)
    assert (events.student < 0).any()
    told = Settings()
    left = {deed: rule for deed, rule in told.signals.items() if deed.kind == events.kind[0]}
    found = read(events, replace(told, signals=left))
    mine = events.where((events.student >= 0) & (events.kind == events.kind[0]))
    cells = np.unique(mine.student * CATALOGUE.size + mine.item)
    assert len(found.touched.data) == len(cells)
    assert (found.touched.row_of_entry * CATALOGUE.size + found.touched.indices == cells).all()


def test_of_no_events_and_of_no_students_there_is_nothing() -> None:
    none = some_events(CATALOGUE).where(np.empty(0, np.int64))
    assert read(none, Settings()).touched.dense().shape == (STUDENTS, CATALOGUE.size)
    nobody = histories_of(none, 0, CATALOGUE, NOW, Settings())
    assert nobody.touched.height == 0
    assert len(nobody.last) == 0
