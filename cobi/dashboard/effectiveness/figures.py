"""The figures of the whole view, each with its change, and their course by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from cobi.dashboard.charts.lines import LineChart, Note, Point, Series, line_chart, point_of
from cobi.dashboard.effectiveness.state import State, rows
from cobi.dashboard.wording import AS_SHARES, count, day, happening, interval, percent, points

RATES = (("click_through_rate", "Click-through"), ("code_reveal_rate", "Code reveals"))
_BEHIND: dict[str, dict[str, str]] = {
    "click_through_rate": {},
    "code_reveal_rate": {"interaction_type": "DISCOUNT_CODE"},
    "answers": {},
    "conversions": {"converted": "true"},
}
_PART = {
    "click_through_rate": ("clicked", "clicked_impressions"),
    "code_reveal_rate": ("revealed", "revealed_impressions"),
}
_MOST_DAYS = 400


@dataclass(frozen=True)
class Behind:
    """A count and the rows that it counts."""

    text: str
    href: str


@dataclass(frozen=True)
class Figure:
    """A figure, its interval or unit, the rows behind it, and how it compares.

    `of` says what a rate is the share of, each count with its rows.
    """

    name: str
    value: str
    note: str
    href: str
    compared: str | None
    verdict: str | None
    of: Sequence[Behind] = ()


def figures(told: Mapping[str, Any], state: State) -> list[Figure]:
    """The rates, then the counts."""
    total = told["report"]["total"]
    other = None if told["against"] is None else told["against"]["total"]
    rates = [
        Figure(
            name,
            percent(None if total[rate] is None else total[rate]["value"], 2),
            interval(total[rate]),
            rows(state, "answers", {}),
            None if other is None else percent(None if other[rate] is None else other[rate]["value"], 2),
            verdict(told["differences"], rate),
            _share_of(total, rate, state),
        )
        for rate, name in RATES
    ]
    return [*rates, *_counts(total, other, state)]


def _share_of(total: Mapping[str, Any], rate: str, state: State) -> list[Behind]:
    """Which impressions of which; nothing where impressions cannot be counted."""
    if total[rate] is None:
        return []
    word, counted = _PART[rate]
    return [
        Behind(f"{count(total[counted])} {word}", rows(state, "interactions", _BEHIND[rate])),
        Behind(f"{count(total['impressions'])} impressions", rows(state, "answers", {})),
    ]


def _counts(total: Mapping[str, Any], other: Mapping[str, Any] | None, state: State) -> list[Figure]:
    told = (("Answers", "lists shown", "answers"), ("Purchases", "after a revealed code", "conversions"))
    return [
        Figure(
            name,
            count(total[key]),
            note,
            rows(state, "answers" if key == "answers" else "interactions", _BEHIND[key]),
            None if other is None else count(other[key]),
            None,
        )
        for name, note, key in told
    ]


def verdict(differences: Mapping[str, Any] | None, rate: str) -> str | None:
    """How a rate differs, in words; None where that cannot be said."""
    if differences is None or differences[rate] is None:
        return None
    of = differences[rate]
    ends = f"{points(of['value'])}, 95 % interval {points(of['low'])} to {points(of['high'])}"
    if of["low"] > 0:
        return f"Higher: {ends}"
    return f"Lower: {ends}" if of["high"] < 0 else f"No more than chance: {ends}"


def courses(told: Mapping[str, Any]) -> list[LineChart]:
    """Each rate by day; what it is compared with lies beside it, its first day on the first."""
    report, against = told["report"], told["against"]
    days = _days(report)
    notes = _notes(told, days)
    return [
        line_chart(
            f"{name} by day",
            "of impressions",
            [day(one) for one in days],
            [
                Series("This view", _course(report, days, rate)),
                *([] if against is None else [_other(against, len(days), rate)]),
            ],
            AS_SHARES,
            notes,
        )
        for rate, name in RATES
        if report["total"][rate] is not None
    ]


def _other(against: Mapping[str, Any], of: int, rate: str) -> Series:
    days = _days(against)[:of]
    course = _course(against, days, rate)
    return Series("Compared", [*course, *[Point(None)] * (of - len(course))], "2")


def _days(report: Mapping[str, Any]) -> list[str]:
    """The days asked for, or those with figures where an end is open; of very many the last."""
    known = [one["day"] for one in report["by_day"]]
    asked = report["asked"]
    first = asked["from"][:10] if asked["from"] else min(known, default=None)
    end = asked["to"][:10] if asked["to"] else None
    if first is None:
        return []
    until = date.fromisoformat(end) if end else date.fromisoformat(max(known, default=first)) + timedelta(1)
    begin = max(date.fromisoformat(first), until - timedelta(_MOST_DAYS))
    return [(begin + timedelta(at)).isoformat() for at in range((until - begin).days)]


def _course(report: Mapping[str, Any], days: Sequence[str], rate: str) -> list[Point]:
    known = {one["day"]: one[rate] for one in report["by_day"]}
    return [point_of(known.get(one)) for one in days]


def _notes(told: Mapping[str, Any], days: Sequence[str]) -> list[Note]:
    places = {one: at for at, one in enumerate(days)}
    launches = [
        Note(places[one["when"][:10]], happening(one))
        for one in told["launches"]
        if one["when"][:10] in places
    ]
    doubts = [
        Note(places[first], one["what"], "finding")
        for one in told["report"]["doubts"]
        if (first := max(one["since"], days[0] if days else "")) in places
    ]
    return [*launches, *doubts]
