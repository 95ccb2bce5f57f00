"""What each metric says of an arm: levels, lift and difference with their intervals, drawn on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlencode

from cobi.dashboard.charts.intervals import IntervalChart, Measured, Whisker, interval_chart
from cobi.dashboard.experiments.words import (
    AS_LIFTS,
    Advice,
    advice,
    difference,
    finding,
    guard,
    level,
    name_of,
    told_difference,
    told_lift,
)
from cobi.dashboard.models.words import Badge
from cobi.dashboard.wording import AS_NUMBERS, percent, share

_TONES = {"BETTER": "good", "WORSE": "bad"}
_ROOM = 2.0
"""How far the scale goes beyond the main metric's interval before others are cut off."""

_CAUSED = (("code_reveals", "Code reveals"), ("purchases", "Purchases"), ("savings", "Savings"))


@dataclass(frozen=True)
class Row:
    """A metric: `role` says why it is looked at, `surer` what CUPED brought, `drawn` its lift."""

    name: str
    meaning: str
    role: str | None
    href: str
    current: bool
    control: str
    treated: str
    lift: str
    difference: str
    surer: str | None
    finding: Badge
    guard: Badge | None
    drawn: Whisker


@dataclass(frozen=True)
class Comparison:
    """An arm beside the control; `caused` are totals that a holdout tells."""

    arm: str
    control: str
    advice: Advice
    rows: Sequence[Row]
    chart: IntervalChart
    caused: IntervalChart | None


def comparisons(told: Mapping[str, Any], current: str) -> list[Comparison]:
    """Of what `GET /v1/experiments/{id}` answers, each arm beside the control."""
    results = told["results"]
    return [] if results is None else [_comparison(told, one, current) for one in results["comparisons"]]


def _comparison(told: Mapping[str, Any], compared: Mapping[str, Any], current: str) -> Comparison:
    main, guards = told["main_metric"], {one["metric"]: one["state"] for one in compared["guardrails"]}
    tolerated = {one["metric"]: one["tolerated"] for one in told["guardrails"]}
    ordered = sorted(
        compared["metrics"], key=lambda one: (one["metric"] != main, one["metric"] not in guards)
    )
    chart = interval_chart(
        "Lift", "beside the control", [_measured(one) for one in ordered], AS_LIFTS, _reach(ordered)
    )
    rows = [
        _row(told, one, drawn, current, guards, tolerated)
        for one, drawn in zip(ordered, chart.rows, strict=True)
    ]
    caused = None if compared["caused"] is None else _caused(compared["caused"])
    return Comparison(compared["arm"], compared["control"], advice(compared["advice"]), rows, chart, caused)


def _row(
    told: Mapping[str, Any],
    one: Mapping[str, Any],
    drawn: Whisker,
    current: str,
    guards: Mapping[str, str],
    tolerated: Mapping[str, float],
) -> Row:
    metric, role = one["metric"], None
    if metric == told["main_metric"]:
        role = "decides"
    elif metric in guards:
        role = f"guardrail, may lose {share(tolerated[metric])}"
    return Row(
        name_of(metric),
        one["meaning"],
        role,
        f"?{urlencode({'metric': metric})}#course",
        metric == current,
        level(metric, one["control"]),
        level(metric, one["treated"]),
        told_lift(one["lift"]) if one["difference"]["value"] is not None else "too early",
        told_difference(metric, one["difference"]),
        _surer(metric, one),
        finding(one["finding"]),
        guard(guards[metric]) if metric in guards else None,
        drawn,
    )


def _surer(metric: str, one: Mapping[str, Any]) -> str | None:
    """What taking the weeks before into account did (CUPED)."""
    if one["variance_reduction"] < 0.005:
        return None
    raw = difference(metric, one["unadjusted_difference"])
    return f"CUPED: {percent(one['variance_reduction'], 0)} less variance; without it {raw}"


def _measured(one: Mapping[str, Any]) -> Measured:
    of = one["lift"]
    return Measured(
        name_of(one["metric"]), of["value"], of["low"], of["high"], _TONES.get(one["finding"], "1")
    )


def _reach(ordered: Sequence[Mapping[str, Any]]) -> float | None:
    """The main metric decides the scale, together with what is usual among all."""
    ends = [
        max(abs(one["lift"]["low"]), abs(one["lift"]["high"]))
        for one in ordered
        if one["lift"]["low"] is not None
    ]
    return _ROOM * max(ends[0], median(ends)) if ends else None


def _caused(totals: Mapping[str, Any]) -> IntervalChart:
    rows = [
        Measured(name, *(totals[metric][end] for end in ("value", "low", "high"))) for metric, name in _CAUSED
    ]
    return interval_chart("Caused in all", "among all who got recommendations", rows, AS_NUMBERS)
