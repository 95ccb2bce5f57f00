"""The baselines are what textbooks say."""

from __future__ import annotations

import numpy as np
import pytest

from cobi.domain.interaction import ItemType
from cobi.recommenders import baselines
from cobi.recommenders.baselines import one_hop, popularity, students_of
from cobi.recommenders.dataset import Events
from tests.unit.recommenders.worlds import OFFERS, STUDENTS, a_catalogue, some_events


def cosine_scores(events: Events, size: int) -> np.ndarray:
    """Students × items, from the definition."""
    touched = np.zeros((STUDENTS, size))
    known = events.student >= 0
    touched[events.student[known], events.item[known]] = 1
    both, each = touched.T @ touched, touched.sum(axis=0)
    return touched @ (both / np.sqrt(np.maximum(np.outer(each, each), 1)))


@pytest.mark.parametrize("limits", [{"BATCH": 7}, {"MOST_CELLS": 0}, {"CELLS_AT_ONCE": 100}])
def test_one_hop_is_the_cosine_of_all_neighbours_whether_all_are_held_or_none(
    limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(baselines, name, limit)
    catalogue = a_catalogue()
    events, offers = some_events(catalogue), catalogue.of_type(ItemType.OFFER)
    hop = one_hop(events, STUDENTS, catalogue.size, offers)
    expected = cosine_scores(events, catalogue.size)[:, offers]
    chosen = np.arange(STUDENTS)[::-2]
    assert hop.scores(chosen) == pytest.approx(expected[chosen], abs=1e-5)
    assert hop.scores(chosen[:0]).shape == (0, OFFERS)


def test_popularity_counts_events_and_students_of_counts_who() -> None:
    item, student = np.array([2, 2, 2, 3, 0]), np.array([0, 0, -1, 1, 1])
    events = Events(student, item, np.ones(5, np.int8), np.zeros(5, np.int64))
    assert popularity(events, slice(2, 5)).tolist() == [3, 1, 0]
    assert students_of(events, slice(2, 5)).tolist() == [1, 1, 0]
