"""Figures of the last seven days beside the seven before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cobi.dashboard.charts.lines import Point, point_of
from cobi.dashboard.charts.sparks import Spark, spark
from cobi.dashboard.effectiveness.state import date_of
from cobi.dashboard.wording import interval, minus, percent, points, short
from cobi.domain.moments import DAY, parse_moment
from cobi.domain.per_cent import signed_per_cent

_SPARK_DAYS = 14
RATES = (("click_through_rate", "Click-through", 1), ("code_reveal_rate", "Code reveals", 2))
_LEVEL = 0.005


@dataclass(frozen=True)
class Change:
    """How a figure moved: in words, which way, and whether that is good, bad, or neither."""

    told: str
    direction: str
    tone: str
    meaning: str


@dataclass(frozen=True)
class Card:
    """A figure of the last seven days; `range` is its interval or its unit, `href` where what is behind it is seen."""

    name: str
    value: str
    range: str
    change: Change | None
    before: str
    course: Spark
    href: str | None


Told = Mapping[str, Any]


def cards(told: Told, quality: str | None) -> list[Card]:
    """What `GET /v1/overview` says of the week; `quality` is where refusals are."""
    records, by_day = told["records"], quality and f"{quality}?by=day"
    week = {"from": told["since"][:10], "to": date_of((parse_moment(told["now"]) or 0) + DAY)}
    compared = f"/effectiveness?{urlencode({**week, 'against': 'before'})}"
    codes = f"/effectiveness/interactions?{urlencode({**week, 'interaction_type': 'DISCOUNT_CODE'})}"
    return [
        *(_rate(told, rate, name, digits, compared) for rate, name, digits in RATES),
        _counted("Codes revealed", "attributed to answers", _reveals, told, codes),
        _counted("Answers", "lists given", _answers, told, f"/effectiveness/answers?{urlencode(week)}"),
        _counted("Records received", "of all types", _received, records, by_day),
        _refused(records, by_day),
    ]


def course(days: Sequence[Told], rate: str) -> list[Point]:
    """A rate by day with its interval."""
    return [point_of(one[rate]) for one in days]


def _rate(told: Told, rate: str, name: str, digits: int, href: str) -> Card:
    now, before = told["week"][rate], told["week_before"][rate]
    drawn = spark(f"{name} by day", course(told["days"][-_SPARK_DAYS:], rate))
    return Card(
        name,
        percent(now["value"], digits),
        interval(now),
        _measured(told["changes"][rate]),
        percent(before["value"], digits),
        drawn,
        href,
    )


def _reveals(figures: Told) -> int:
    return figures["attributed"]["DISCOUNT_CODE"]


def _answers(figures: Told) -> int:
    return figures["answers"]


def _received(figures: Told) -> int:
    return figures["received"]


def _counted(name: str, unit: str, of: Callable[[Told], int], told: Told, href: str | None) -> Card:
    now, before = of(told["week"]), of(told["week_before"])
    drawn = spark(f"{name} by day", [Point(of(one)) for one in told["days"][-_SPARK_DAYS:]])
    return Card(name, short(now), unit, _relative(now, before), short(before), drawn, href)


def _refused(records: Told, href: str | None) -> Card:
    """The share that was refused: counted, not estimated, so that it has no interval."""
    now, before = (records[week]["rejected_share"] for week in ("week", "week_before"))
    drawn = spark(
        "Share refused by day", [Point(one["rejected_share"]) for one in records["days"][-_SPARK_DAYS:]]
    )
    unit = f"{short(records['week']['rejected'])} of {short(records['week']['received'])} records"
    change = None if now is None or before is None else _of_shares(now - before)
    return Card(
        "Records refused",
        percent(now, 2),
        unit,
        change,
        percent(before, 2),
        drawn,
        href,
    )


def _of_shares(moved: float) -> Change:
    way = _way(moved, 0.00005)
    tone = {"up": "bad", "down": "good"}.get(way, "level")
    return Change(minus(f"{100 * moved:+.2f} points"), way, tone, "Counted, not estimated")


def _measured(of: Mapping[str, float] | None) -> Change | None:
    if of is None:
        return None
    ends = f"95 % interval: {points(of['low'])} to {points(of['high'])}"
    if of["low"] > 0:
        return Change(points(of["value"]), "up", "good", ends)
    if of["high"] < 0:
        return Change(points(of["value"]), "down", "bad", ends)
    return Change(points(of["value"]), "level", "level", f"No more than chance; {ends}")


def _relative(now: int, before: int) -> Change | None:
    if not before:
        return None
    moved = now / before - 1
    return Change(signed_per_cent(moved, 0), _way(moved, _LEVEL), "level", "Against the seven days before")


def _way(moved: float, least: float) -> str:
    return "level" if abs(moved) < least else "up" if moved > 0 else "down"
