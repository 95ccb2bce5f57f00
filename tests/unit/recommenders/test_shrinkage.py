"""A group's x is drawn to everybody's mean as far as its members leave open where the group stands."""

from __future__ import annotations

import numpy as np
import pytest

from cobi.recommenders.shrinkage import Crowd, crowd_of, shrinkage, shrunken_mean
from cobi.recommenders.signals import Signals


def dense(x: Signals, width: int) -> np.ndarray:
    row = np.zeros(width)
    row[x.index] = x.value
    return row


def x_of(row: np.ndarray) -> Signals:
    index = np.flatnonzero(row)
    return Signals(index, row[index])


def test_a_crowds_variance_is_that_of_its_signals_together() -> None:
    rows = np.random.default_rng(1).poisson(0.5, (30, 12)).astype(float)
    crowd = crowd_of([x_of(row) for row in rows])
    assert crowd.size == 30
    assert np.allclose(dense(crowd.mean, 12), rows.mean(axis=0))
    assert crowd.variance == pytest.approx(rows.var(axis=0, ddof=1).sum())


def test_nobody_stands_where_everybody_stands() -> None:
    everybody = crowd_of([x_of(np.array([1.0, 2.0])), x_of(np.array([3.0, 0.0]))])
    assert shrinkage(crowd_of([]), everybody) == 1
    assert dense(shrunken_mean(crowd_of([]), everybody), 2).tolist() == [2.0, 1.0]


def test_many_members_of_one_mind_are_hardly_drawn() -> None:
    everybody = Crowd(500, x_of(np.array([1.0, 0.0])), 1.0)
    few, many = (crowd_of([x_of(np.array([0.0, 1.0]))] * n) for n in (2, 400))
    assert shrinkage(few, everybody) > 10 * shrinkage(many, everybody) > 0


def test_a_group_that_differs_no_more_than_by_chance_is_everybody() -> None:
    luck = np.random.default_rng(2)
    rows = luck.normal(1, 1, (2000, 200))
    everybody = crowd_of([x_of(row) for row in rows])
    drawn = [
        shrinkage(crowd_of([x_of(row) for row in rows[at : at + 10]]), everybody) for at in range(0, 200, 10)
    ]
    assert min(drawn) > 0.75


def test_shrunken_means_lie_nearer_to_the_truth_than_means() -> None:
    luck = np.random.default_rng(3)
    truths = luck.normal(0, 0.2, (40, 50))
    groups = [luck.normal(truth, 1.0, (8, 50)) for truth in truths]
    everybody = crowd_of([x_of(row) for group in groups for row in group])
    plain = shrunken = 0.0
    for truth, group in zip(truths, groups, strict=True):
        crowd = crowd_of([x_of(row) for row in group])
        plain += float(((dense(crowd.mean, 50) - truth) ** 2).sum())
        shrunken += float(((dense(shrunken_mean(crowd, everybody), 50) - truth) ** 2).sum())
    assert shrunken < plain / 2
