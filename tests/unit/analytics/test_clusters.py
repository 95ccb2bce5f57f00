"""Clusters are found where they are, and rules that tell them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from cobi.analytics.clusters import Apart, cluster, k_means, on_the_sphere, reduced
from cobi.analytics.rule_search import meets, search


def three_tastes(luck: np.random.Generator, each: int = 60) -> tuple[csr_array, np.ndarray]:
    """Students of three tastes, ten features to each, and a little of all the others."""
    taste = np.repeat(np.arange(3), each)
    rate = np.full((3 * each, 30), 0.1)
    for own in range(3):
        rate[taste == own, 10 * own : 10 * own + 10] = 1.5
    return csr_array(luck.poisson(rate).astype(float)), taste


def agreement(label: np.ndarray, truth: np.ndarray) -> float:
    """The share of points whose cluster is mostly of their kind."""
    return sum(np.bincount(truth[label == own]).max() for own in np.unique(label)) / len(truth)


def test_planted_tastes_are_found_and_stable() -> None:
    rows, taste = three_tastes(np.random.default_rng(1))
    found = cluster(rows, (2, 3, 4, 6), 0)
    assert found.label.max() == 2
    assert agreement(found.label, taste) > 0.97
    assert found.stability.min() > 0.9


def test_the_same_seed_gives_the_same_clusters() -> None:
    rows, _ = three_tastes(np.random.default_rng(2))
    one, other = cluster(rows, (2, 3, 4), 7), cluster(rows, (2, 3, 4), 7)
    assert (one.label == other.label).all()
    assert (one.stability == other.stability).all()


def test_noise_is_less_stable_than_tastes() -> None:
    luck = np.random.default_rng(3)
    noise = csr_array(luck.poisson(0.6, (180, 30)).astype(float))
    rows, _ = three_tastes(luck)
    assert cluster(noise, (3,), 0).stability.mean() < cluster(rows, (3,), 0).stability.mean() - 0.2


def test_the_sketch_is_the_truncated_svd() -> None:
    luck = np.random.default_rng(4)
    rows = csr_array(luck.random((50, 6)) @ luck.random((6, 40)))
    found = reduced(Apart(rows, np.zeros(50, np.int64), usual=False), 6, luck)
    assert np.allclose(found @ found.T, (rows @ rows.T).toarray())


def test_a_sketch_of_rows_less_their_familys_mean_is_that_of_the_dense_ones() -> None:
    luck = np.random.default_rng(6)
    rows, family = csr_array(luck.random((40, 5)) @ luck.random((5, 30))), luck.integers(0, 3, 40)
    dense = rows.toarray()
    apart = dense - np.stack([dense[family == own].mean(axis=0) for own in family])
    found = reduced(Apart(rows, family, usual=True), 8, luck)
    assert np.allclose(found @ found.T, apart @ apart.T)


def test_what_is_usual_in_a_family_makes_no_group_of_it() -> None:
    luck = np.random.default_rng(7)
    rows, taste = three_tastes(luck)
    family = luck.integers(0, 3, len(taste))
    # Each family has ten more features that all in it share, and nobody else has.
    shared = np.zeros((len(taste), 30))
    for own in range(3):
        shared[family == own, 10 * own : 10 * own + 10] = luck.poisson(4, ((family == own).sum(), 10))
    both = csr_array(np.hstack([rows.toarray(), shared]))
    assert agreement(cluster(both, (3,), 0).label, taste) < 0.6
    assert agreement(cluster(both, (3,), 0, family).label, taste) > 0.95


def test_fewer_points_than_clusters_are_one_group() -> None:
    assert cluster(csr_array(np.eye(2)), (2, 3), 0).label.tolist() == [0, 0]


def test_equal_points_do_no_harm() -> None:
    points = on_the_sphere(np.ones((20, 3)))
    assert set(k_means(points, 4, np.random.default_rng(0)).tolist()) == {0}


def test_a_planted_rule_is_found_with_its_precision_and_recall() -> None:
    luck = np.random.default_rng(5)
    conditions = luck.random((2000, 8)) < 0.3
    group = (conditions[:, 1] | conditions[:, 4]) & conditions[:, 6]
    found = search(conditions, group)
    met = meets(conditions, found.some, found.every)
    assert found.precision == (met & group).sum() / met.sum()
    assert found.recall == (met & group).sum() / group.sum()
    assert 6 in found.some + found.every
    assert found.f1 > 0.65


def test_without_conditions_the_rule_is_everybody() -> None:
    found = search(np.zeros((10, 0), np.bool_), np.arange(10) < 3)
    assert (found.some, found.every, found.precision, found.recall) == ((), (), 0.3, 1.0)
