"""The figures of an evaluation: means over students with 95 % intervals, in all and by segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.contestants import COBI
from cobi.actions.examination import Exam
from cobi.analytics.intervals import mean_difference, mean_of_shares
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
class Marks:
    """How one contestant did."""

    found: Found
    coverage: Mapping[int, float]
    """By length of list."""
    novelty: Mapping[int, float]


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
    each = {name: values(own.found, plan.lengths) for name, own in marks.items()}
    methods = {name: _means(own) | _of_lists(marks[name]) for name, own in each.items()}
    others = [name for name in each if name != COBI]
    return {
        **_setting(exam, plan),
        "candidates": asdict(offered),
        "methods": methods,
        "cobi_minus": {name: _differences(each[COBI], each[name]) for name in others},
        "by_history": list(_by_history(exam, each)),
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


def _means(each: Values) -> dict[str, Any]:
    return {metric: _figure(mean_of_shares(own)) for metric, own in each.items()}


def _differences(ours: Values, theirs: Values) -> dict[str, Any]:
    return {metric: _figure(mean_difference(own, theirs[metric])) for metric, own in ours.items()}


def _figure(found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), found, strict=True))


def _of_lists(marks: Marks) -> dict[str, Any]:
    shown = {f"coverage@{k}": {"value": share} for k, share in marks.coverage.items()}
    return shown | {f"novelty@{k}": {"value": bits} for k, bits in marks.novelty.items()}


def _by_history(exam: Exam, each: Mapping[str, Values]) -> Iterator[dict[str, Any]]:
    """By how many events of the student were learned from."""
    segment = _segment(exam.training.lengths(exam.holdout.students), HISTORY_FROM)
    for place, (first, last) in enumerate(_spans(HISTORY_FROM)):
        chosen = segment == place
        if chosen.any():
            yield {
                "from_events": first,
                "to_events": last,
                "students": int(chosen.sum()),
                "methods": {
                    name: _means({metric: own[chosen] for metric, own in values.items()})
                    for name, values in each.items()
                },
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
                "methods": {name: _means(values(part, plan.lengths)) for name, part in parts.items()},
            }


def _segment(values: NDArray[np.int64], starts: Sequence[int]) -> NDArray[np.int64]:
    return np.searchsorted(np.array(starts), values, side="right") - 1


def _spans(starts: Sequence[int]) -> list[tuple[int, int | None]]:
    """First and last whole number of each segment; the last one is open."""
    return [*((a, b - 1) for a, b in pairwise(starts)), (starts[-1], None)]
