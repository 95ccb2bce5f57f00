"""Metrics of ranked lists: as a reference computes them, as one computes them by hand, and within their bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.analytics.ranking_metrics import (
    Found,
    average_precision,
    hit_rate,
    ndcg,
    recall,
    reciprocal_rank,
)

CUTS = (1, 3, 10)
lists = st.lists(st.sets(st.integers(1, 30), min_size=1, max_size=12), min_size=1, max_size=20)
"""The ranks of what each list wants."""


def found(wanted: list[set[int]]) -> Found:
    owner = [number for number, ranks in enumerate(wanted) for _ in ranks]
    return Found(np.array([rank for ranks in wanted for rank in sorted(ranks)]), np.array(owner), len(wanted))


@given(lists)
def test_all_agree_with_trec_eval(wanted: list[set[int]]) -> None:
    trec_eval = pytest.importorskip("pytrec_eval")
    asked = {str(q): {f"d{rank}": 1 for rank in ranks} for q, ranks in enumerate(wanted)}
    told = {q: {f"d{rank}": float(-rank) for rank in range(1, 31)} for q in asked}
    cuts = ",".join(map(str, CUTS))
    measures = {f"recall.{cuts}", f"success.{cuts}", f"ndcg_cut.{cuts}", "recip_rank", "map"}
    reference = trec_eval.RelevanceEvaluator(asked, measures).evaluate(told)
    ours = {"recip_rank": reciprocal_rank(found(wanted)), "map": average_precision(found(wanted))}
    for k in CUTS:
        ours[f"recall_{k}"] = recall(found(wanted), k)
        ours[f"success_{k}"] = hit_rate(found(wanted), k)
        ours[f"ndcg_cut_{k}"] = ndcg(found(wanted), k)
    for name, values in ours.items():
        assert values == pytest.approx([reference[q][name] for q in asked], abs=1e-9), name


@given(lists, st.integers(1, 40))
def test_all_agree_with_their_definitions(wanted: list[set[int]], k: int) -> None:
    """Computed the long way, place by place, as the definitions read."""
    ours = {
        "recall": recall(found(wanted), k),
        "hit rate": hit_rate(found(wanted), k),
        "ndcg": ndcg(found(wanted), k),
        "mrr": reciprocal_rank(found(wanted)),
        "map": average_precision(found(wanted)),
    }
    for number, ranks in enumerate(wanted):
        first = [place in ranks for place in range(1, k + 1)]
        best = [place <= len(ranks) for place in range(1, k + 1)]
        precisions = [sum(rank in ranks for rank in range(1, last + 1)) / last for last in sorted(ranks)]
        theirs = {
            "recall": sum(first) / len(ranks),
            "hit rate": float(any(first)),
            "ndcg": discounted(first) / discounted(best),
            "mrr": 1 / min(ranks),
            "map": sum(precisions) / len(ranks),
        }
        assert {name: own[number] for name, own in ours.items()} == pytest.approx(theirs, abs=1e-9)


def discounted(relevant: list[bool]) -> float:
    return sum(1 / math.log2(place + 1) for place, hit in enumerate(relevant, start=1) if hit)


def test_metrics_of_a_list_computed_by_hand() -> None:
    second_and_fourth = found([{2, 4}])
    assert recall(second_and_fourth, 3) == [0.5]
    assert hit_rate(second_and_fourth, 1) == [0]
    assert hit_rate(second_and_fourth, 2) == [1]
    assert reciprocal_rank(second_and_fourth) == [1 / 2]
    assert average_precision(second_and_fourth) == [(1 / 2 + 2 / 4) / 2]
    gain, ideal = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3)
    assert ndcg(second_and_fourth, 10) == pytest.approx([gain / ideal])
    assert ndcg(second_and_fourth, 1) == [0]


@given(lists, st.integers(1, 40))
def test_metrics_lie_between_0_and_1_and_grow_with_the_list(wanted: list[set[int]], k: int) -> None:
    marks = found(wanted)
    for metric in (recall, hit_rate):
        assert (metric(marks, k + 1) >= metric(marks, k)).all()
    for values in (recall(marks, k), hit_rate(marks, k), ndcg(marks, k), average_precision(marks)):
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()
    assert (recall(marks, k) <= hit_rate(marks, k)).all()


@given(st.integers(1, 20), st.integers(1, 20))
def test_a_perfect_list_has_the_best_mark_everywhere(size: int, k: int) -> None:
    perfect = found([set(range(1, size + 1))])
    assert recall(perfect, size) == [1]
    for values in (
        ndcg(perfect, k),
        hit_rate(perfect, k),
        reciprocal_rank(perfect),
        average_precision(perfect),
    ):
        assert values == pytest.approx([1])


@given(lists, st.randoms())
def test_the_order_in_which_wanted_items_are_told_changes_nothing(wanted: list[set[int]], random) -> None:
    plain = found(wanted)
    order = list(range(len(plain.rank)))
    random.shuffle(order)
    mixed = Found(plain.rank[order], plain.owner[order], plain.lists)
    assert average_precision(mixed) == pytest.approx(average_precision(plain))
    assert ndcg(mixed, 5) == pytest.approx(ndcg(plain, 5))


def test_a_part_of_what_is_wanted_is_marked_among_all_that_is_ranked() -> None:
    part = found([{1, 5}, {2}, {3}]).where(np.array([False, True, False, True]))
    assert part.lists == 2
    assert reciprocal_rank(part).tolist() == [1 / 5, 1 / 3]
