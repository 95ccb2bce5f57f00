"""The figures of an evaluation: means over students with 95 % intervals, in all and by segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.evaluating.contestants import COBI
from cobi.actions.evaluating.examination import Exam
from cobi.analytics.intervals import jackknife, mean_difference, mean_of_shares
from cobi.analytics.list_metrics import most_novelty
from cobi.analytics.ranking_metrics import (
    Found,
    average_precision,
    hit_rate,
    ndcg,
    recall,
    reciprocal_rank,
)
from cobi.domain.evaluation import Plan, Way
from cobi.domain.moments import DAY, format_moment

HISTORY_FROM = (0, 1, 4, 11, 31, 101)
"""Segments of history length begin at so many events."""

AGE_FROM = (0, 2, 7, 30, 90)
"""Segments of age begin at so many days."""

FEW = 100
"""With fewer students tested, the intervals are too wide to tell much."""

Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Offered:
    """What there was to choose from."""

    items: int
    """All items that could be shown to at least one of the tested students."""
    per_student: float
    """The mean; k of so many are found by chance."""


@dataclass(frozen=True)
class Covered:
    """How much of all that was offered stands in anybody's list."""

    share: float
    lost: NDArray[np.float64]
    """By how much it would be less without each student."""


@dataclass(frozen=True)
class Marks:
    """How one contestant did."""

    found: Found
    covered: Mapping[int, Covered]
    """By length of list."""
    novelty: Mapping[int, NDArray[np.float64]]
    """Each student's, in bits, by length of list."""


def values(found: Found, lengths: Sequence[int]) -> Values:
    """Each metric of each list."""
    made: Values = {}
    for k in lengths:
        made |= {
            f"recall@{k}": recall(found, k),
            f"ndcg@{k}": ndcg(found, k),
            f"hit_rate@{k}": hit_rate(found, k),
        }
    return made | {"mrr": reciprocal_rank(found), "map": average_precision(found)}


def report(
    exam: Exam, offered: Offered, marks: Mapping[str, Marks], plan: Plan, live: dict[str, Any] | None
) -> dict[str, Any]:
    """Everything, as JSON."""
    each = {name: values(own.found, plan.lengths) | _novelties(own) for name, own in marks.items()}
    bits = most_novelty(exam.students)
    everybody, covered = _compared(each, bits), _covered(marks)
    return {
        **_setting(exam, plan),
        "candidates": asdict(offered),
        "methods": {name: own | covered["methods"][name] for name, own in everybody["methods"].items()},
        "cobi_minus": {
            name: own | covered["cobi_minus"][name] for name, own in everybody["cobi_minus"].items()
        },
        "by_history": list(_by_history(exam, each, bits)),
        "by_age": list(_by_age(exam, marks, plan)),
        "live_model": live,
        "warnings": list(_warnings(exam)),
    }


def _setting(exam: Exam, plan: Plan) -> dict[str, Any]:
    setting, account, events = exam.setting, exam.account, exam.training.events
    return {
        "item_type": plan.item_type.name,
        "split": str(setting.split),
        "why": setting.why,
        "cut": None if setting.cut is None else format_moment(setting.cut),
        "seen": setting.seen.value,
        "seed": plan.seed,
        "training": {"events": len(events), "students": exam.students},
        "held_back": {
            "pairs": account.held_back,
            "not_available": account.not_available,
            "seen_before": account.seen_before,
            "repeated_share": float(setting.repeated.mean()),
        },
        "tested": {
            "students": len(exam.holdout),
            "of_students": account.students,
            "pairs": len(exam.holdout.item),
        },
    }


def _warnings(exam: Exam) -> Iterator[str]:
    if len(exam.holdout) < FEW:
        yield f"only {len(exam.holdout)} students could be tested: trust the intervals, not the figures"
    if not len(exam.training.events):
        yield "nothing is left to learn from: hold back less"
    if exam.setting.split.way is not Way.TIME:
        yield (
            "what others did later was learned from, which no live model can: figures are kinder than life; "
            "only --split time is free of it"
        )


def _novelties(marks: Marks) -> Values:
    return {f"novelty@{k}": own for k, own in marks.novelty.items()}


def _compared(each: Mapping[str, Values], bits: float = 1.0) -> dict[str, Any]:
    """Each method's means, and Cobi's less each other's, of the same students; novelty lies in 0…`bits`."""
    ours = each[COBI]
    return {
        "methods": {
            name: {metric: _mean(own, _most(metric, bits)) for metric, own in values.items()}
            for name, values in each.items()
        },
        "cobi_minus": {
            name: {
                metric: _difference(ours[metric], own, _most(metric, bits)) for metric, own in values.items()
            }
            for name, values in each.items()
            if name != COBI
        },
    }


def _most(metric: str, bits: float) -> float:
    return bits if metric.startswith("novelty") else 1.0


def _mean(own: NDArray[np.float64], most: float) -> dict[str, float]:
    return _figure(mean_of_shares(own / most), most)


def _difference(ours: NDArray[np.float64], theirs: NDArray[np.float64], most: float) -> dict[str, float]:
    return _figure(mean_difference(ours / most, theirs / most), most)


def _figure(found: tuple[float, float, float], most: float = 1.0) -> dict[str, float]:
    return {name: most * number for name, number in zip(("value", "low", "high"), found, strict=True)}


def _covered(marks: Mapping[str, Marks]) -> dict[str, Any]:
    """The coverage of each method, and Cobi's less each other's."""
    ours = marks[COBI].covered
    return {
        "methods": {
            name: {
                f"coverage@{k}": _figure(jackknife(one.share, one.lost, (0.0, 1.0)))
                for k, one in own.covered.items()
            }
            for name, own in marks.items()
        },
        "cobi_minus": {
            name: {f"coverage@{k}": _coverage_difference(ours[k], one) for k, one in own.covered.items()}
            for name, own in marks.items()
            if name != COBI
        },
    }


def _coverage_difference(ours: Covered, theirs: Covered) -> dict[str, float]:
    return _figure(jackknife(ours.share - theirs.share, ours.lost - theirs.lost, (-1.0, 1.0)))


def _by_history(exam: Exam, each: Mapping[str, Values], bits: float) -> Iterator[dict[str, Any]]:
    """By how many events of the student were learned from."""
    segment = _segment(exam.training.lengths(exam.holdout.students), HISTORY_FROM)
    for place, (first, last) in enumerate(_spans(HISTORY_FROM)):
        chosen = segment == place
        if chosen.any():
            yield {
                "from_events": first,
                "to_events": last,
                "students": int(chosen.sum()),
                **_compared(
                    {
                        name: {metric: own[chosen] for metric, own in values.items()}
                        for name, values in each.items()
                    },
                    bits,
                ),
            }


def _by_age(exam: Exam, marks: Mapping[str, Marks], plan: Plan) -> Iterator[dict[str, Any]]:
    """By how old the wanted item was; each segment's figures ask only for its items, among all."""
    if exam.timeless:
        return
    segment = _segment(exam.age // DAY, AGE_FROM)
    for place, (first, last) in enumerate(_spans(AGE_FROM)):
        chosen = segment == place
        if chosen.any():
            parts = {name: own.found.where(chosen) for name, own in marks.items()}
            yield {
                "from_days": first,
                "to_days": last,
                "pairs": int(chosen.sum()),
                "students": max(part.lists for part in parts.values()),
                **_compared({name: values(part, plan.lengths) for name, part in parts.items()}),
            }


def _segment(values: NDArray[np.int64], starts: Sequence[int]) -> NDArray[np.int64]:
    return np.searchsorted(np.array(starts), values, side="right") - 1


def _spans(starts: Sequence[int]) -> list[tuple[int, int | None]]:
    """First and last whole number of each segment; the last one is open."""
    return [*((a, b - 1) for a, b in pairwise(starts)), (starts[-1], None)]
