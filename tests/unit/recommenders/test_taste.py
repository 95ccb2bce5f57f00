"""What histories say of shops, tags and keywords beyond what is usual."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobi.domain.interaction import ItemType
from cobi.recommenders.dataset import EventKind, Events, IntArray, Students, Trait
from cobi.recommenders.histories import histories_of
from cobi.recommenders.settings import Settings
from cobi.recommenders.signals import space_of
from cobi.recommenders.sparse import SparseMatrix
from cobi.recommenders.ways.taste import Inclinations, inclinations, tastes
from tests.unit.recommenders.worlds import (
    NOW,
    STUDENTS,
    a_catalogue,
    row_of,
    some_events,
    some_students,
)

CATALOGUE = a_catalogue()
KNOWN = some_students()
SPACE = space_of(CATALOGUE, KNOWN)
OFFERS = CATALOGUE.of_type(ItemType.OFFER)
few = settings(max_examples=15, deadline=None)


def learned(events: Events, students: Students = KNOWN, told: Settings | None = None) -> Inclinations:
    told = told or Settings()
    touched = histories_of(events, students.size, CATALOGUE, NOW, told).touched
    found = inclinations(space_of(CATALOGUE, students), CATALOGUE, touched, students, told)
    assert found is not None
    return found


def with_more(events: Events, students: IntArray, item: int, kind: EventKind) -> Events:
    """The events, and one more of each of these students."""
    count = len(students)
    return Events(
        np.concatenate([events.student, students]),
        np.concatenate([events.item, np.full(count, item)]),
        np.concatenate([events.kind, np.full(count, kind, np.int8)]),
        np.concatenate([events.time, np.full(count, NOW)]),
    )


def x_of(values: dict[int, float], size: int = SPACE.size) -> SparseMatrix:
    index = np.array(list(values), np.int64)
    return SparseMatrix.of_triples(
        np.zeros(len(index), np.int64), index, np.array(list(values.values())), (1, size)
    )


@few
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100))
def test_who_touched_just_what_is_usual_has_no_taste(seed: int, much: float) -> None:
    """All students alike: everybody's mean history says nothing of anybody."""
    events = some_events(CATALOGUE, seed)
    nowhere = Students(STUDENTS)
    space = space_of(CATALOGUE, nowhere)
    told = Settings()
    histories = histories_of(events, STUDENTS, CATALOGUE, NOW, told).touched
    total = np.maximum(histories.row_sums(), 1e-9)
    mean = histories.scaled(total**-told.history_damping).column_sums()
    known = inclinations(space, CATALOGUE, histories, nowhere, told)
    assert known is not None
    [piece] = tastes(space, known, [told])
    touched = {item: much * share for item, share in enumerate((mean / mean.sum()).tolist())}
    x = x_of(touched | {space.usual_of(None): much}, space.size)
    taste = piece.scores(x, OFFERS)
    alone = piece.scores(x.keeping(x.indices < space.items), OFFERS)
    assert np.abs(taste).max() <= 1e-4 * max(np.abs(alone).max(), 1e-6)


@few
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 16.0, 300.0]))
def test_the_regression_is_that_of_the_definition(seed: int, penalty: float) -> None:
    """C (Cᵀ D C + κ I)^-1 Cᵀ, and less so much of everybody's."""
    events = some_events(CATALOGUE, seed)
    known, told = learned(events), replace(Settings(), taste_penalty=penalty)
    [piece] = tastes(SPACE, known, [told])
    carried = known.carried.dense()
    prior = penalty * np.trace(known.weight) / len(known.weight)
    kernel = carried @ np.linalg.solve(known.weight + prior * np.eye(len(known.weight)), carried.T)
    found = piece.matrix(SPACE.items, SPACE.size, SPACE.items, SPACE.usual).dense()
    assert found[: SPACE.items] == pytest.approx(kernel, rel=1e-4, abs=1e-4 * np.abs(kernel).max())
    chained = piece.scores(x_of({3: 2.0, SPACE.usual.start: 1.5}), slice(0, SPACE.items))[0]
    assert chained == pytest.approx(2 * found[3] + 1.5 * found[SPACE.usual.start], rel=1e-3, abs=1e-4)


def test_what_is_usual_in_a_region_is_taken_off_there() -> None:
    """A region's own favourite says less of a student there than of one elsewhere."""
    local = row_of(CATALOGUE, ItemType.OFFER, 5)
    here = np.flatnonzero(KNOWN.traits[Trait.REGION] == 0)
    joined = with_more(some_events(CATALOGUE), np.repeat(here, 6), local, EventKind.PAGE_VIEW)
    [piece] = tastes(SPACE, learned(joined), [Settings()])
    scores = [
        float(piece.scores(x_of({local: 1.0, SPACE.usual_of(region): 1.0}), slice(local, local + 1))[0, 0])
        for region in (0, 1)
    ]
    assert scores[0] < scores[1]


def test_without_attributes_there_is_no_taste() -> None:
    lonely = CATALOGUE.only(CATALOGUE.item_type == ItemType.OFFER)
    touched = SparseMatrix.of_dense(np.ones((STUDENTS, lonely.size)))
    assert inclinations(space_of(lonely, KNOWN), lonely, touched, KNOWN, Settings()) is None
