"""The overview: is data flowing, is the loop well, what did recommendations cause, what has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.dashboard.charts.columns import ColumnChart, Stack, column_chart
from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.charts.lines import LineChart, Note, Point, Series, line_chart
from cobi.dashboard.charts.sparks import Spark, spark
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.first_run import Step, steps_of
from cobi.dashboard.wording import ago, count, day, interval, percent, points, short, words
from cobi.domain.moments import parse_moment

SCOPE = "report"
_SPARK_DAYS = 14
_RATES = (("click_through_rate", "Click-through"), ("code_reveal_rate", "Code reveals"))


@dataclass(frozen=True)
class Change:
    """How a figure moved: in words, and whether that is up, down, or no more than chance."""

    told: str
    direction: str
    meaning: str


@dataclass(frozen=True)
class Card:
    """A figure of the last seven days; `range` is its interval."""

    name: str
    value: str
    range: str
    change: Change | None
    before: str
    course: Spark


@dataclass(frozen=True)
class Status:
    """Something that is well (good), wants a look (warn), is broken (bad), or is neither (quiet)."""

    name: str
    value: str
    state: str
    note: str


@dataclass(frozen=True)
class Caused:
    """What is attributed beside what the holdout says was caused."""

    charts: Sequence[IntervalChart]
    words: str
    since: str | None
    counted_until: str | None


@dataclass(frozen=True)
class Finding:
    """What the doctor found."""

    what: str
    where: str
    since: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class Happening:
    """What somebody did."""

    when: str
    what: str
    why: str | None
    by: str | None


@dataclass(frozen=True)
class Context:
    """What the page shows."""

    statuses: Sequence[Status]
    cards: Sequence[Card]
    rates: LineChart
    answers: ColumnChart
    caused: Caused | None
    holdout_command: str
    findings: Sequence[Finding]
    happened: Sequence[Happening]
    steps: Sequence[Step]


@get("/")
async def show(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Page:
    """The front page."""
    visit = await dashboard.enter(request, SCOPE)
    told = await run(visit.service.reports.overview)
    page = context(told, visit.key.organisation.name)
    return await dashboard.render("overview.html", visit.frame("Overview"), page)


def context(told: Mapping[str, Any], organisation: str) -> Context:
    """The page of what `GET /v1/overview` answers."""
    return Context(
        _statuses(told),
        _cards(told),
        _rates(told),
        _answers(told["days"]),
        _caused(told["attributed_and_caused"]),
        f"cobi experiment create --org {organisation} --holdout --start",
        [_finding(one) for one in told["health"]["findings"]],
        [_happening(one) for one in told["happened"]],
        steps_of(told["begun"], organisation),
    )


def _statuses(told: Mapping[str, Any]) -> list[Status]:
    now = parse_moment(told["now"]) or 0
    findings, live, newest = told["health"]["findings"], told["live_model"], told["newest_interaction"]
    looked = f"{len(told['health']['looked_for'])} checks"
    waiting = told["refused_waiting"]
    return [
        Status("Loop", "Healthy", "good", looked)
        if not findings
        else Status("Loop", f"{len(findings)} finding{'s' * (len(findings) != 1)}", "bad", looked),
        Status("Last interaction", ago(newest and parse_moment(newest), now), "quiet", "by its own time"),
        Status("Refused records", count(waiting), "warn" if waiting else "good", "waiting in quarantine"),
        Status("Live model", "none yet", "warn", "train one")
        if live is None
        else Status(
            "Live model",
            f"Version {live['model_version']}",
            "quiet",
            f"trained {ago(parse_moment(live['trained']), now)}",
        ),
    ]


def _cards(told: Mapping[str, Any]) -> list[Card]:
    week, before, days = told["week"], told["week_before"], told["days"][-_SPARK_DAYS:]
    rates = [
        Card(
            name,
            percent(week[rate]["value"], 2 if rate == "code_reveal_rate" else 1),
            interval(week[rate]),
            _change(told["changes"][rate]),
            percent(before[rate]["value"], 2 if rate == "code_reveal_rate" else 1),
            spark(f"{name} by day", _course(days, rate)),
        )
        for rate, name in _RATES
    ]
    return [
        *rates,
        _counted("Codes revealed", "attributed to answers", _reveals, told),
        _counted("Answers", "lists shown", _answered, told),
    ]


def _reveals(figures: Mapping[str, Any]) -> int:
    return figures["attributed"]["DISCOUNT_CODE"]


def _answered(figures: Mapping[str, Any]) -> int:
    return figures["answers"]


def _counted(name: str, unit: str, of: Callable[[Mapping[str, Any]], int], told: Mapping[str, Any]) -> Card:
    course = [Point(of(one)) for one in told["days"][-_SPARK_DAYS:]]
    drawn = spark(f"{name} by day", course)
    return Card(name, short(of(told["week"])), unit, None, short(of(told["week_before"])), drawn)


def _change(of: Mapping[str, float] | None) -> Change | None:
    if of is None:
        return None
    ends = f"95 % interval: {points(of['low'])} to {points(of['high'])}"
    if of["low"] > 0:
        return Change(points(of["value"]), "up", ends)
    if of["high"] < 0:
        return Change(points(of["value"]), "down", ends)
    return Change(points(of["value"]), "level", f"No more than chance; {ends}")


def _course(days: Sequence[Mapping[str, Any]], rate: str) -> list[Point]:
    return [
        Point(None)
        if one[rate]["value"] is None
        else Point(one[rate]["value"], one[rate]["low"], one[rate]["high"])
        for one in days
    ]


def _rates(told: Mapping[str, Any]) -> LineChart:
    days = told["days"]
    places = {one["day"]: at for at, one in enumerate(days)}
    notes = [
        Note(places[one["when"][:10]], _what(one))
        for one in told["happened"]
        if one["when"][:10] in places and one["what"] == "model_promoted"
    ]
    found = [
        Note(places[one["since"]], one["what"], "finding")
        for one in told["health"]["findings"]
        if one["since"] in places
    ]
    series = [Series(name, _course(days, rate), str(at + 1)) for at, (rate, name) in enumerate(_RATES)]
    return line_chart(
        "Rates by day", "of impressions", [day(one["day"]) for one in days], series, percent, [*notes, *found]
    )


def _answers(days: Sequence[Mapping[str, Any]]) -> ColumnChart:
    labels = [day(one["day"]) for one in days]
    return column_chart(
        "Answers by day", "lists", labels, [Stack("Answers", [one["answers"] for one in days])], short
    )


def _caused(told: Mapping[str, Any] | None) -> Caused | None:
    if told is None:
        return None
    charts = [
        interval_chart(
            name,
            unit,
            [
                Measured("Attributed", told["attributed"][metric], tone="quiet"),
                Measured("Caused", *(told["totals"][metric][end] for end in ("value", "low", "high"))),
            ],
            short,
        )
        for metric, name, unit in (
            ("code_reveals", "Code reveals", "reveals"),
            ("purchases", "Purchases", "purchases"),
        )
    ]
    return Caused(charts, told["words"], told["since"], told["counted_until"])


def _finding(told: Mapping[str, Any]) -> Finding:
    where = ", ".join(f"{name} {value or 'not said'}" for name, value in told["where"].items())
    return Finding(told["what"], where, told["since"], told["likely_cause"], told["what_to_do"])


def _happening(told: Mapping[str, Any]) -> Happening:
    return Happening(told["when"], _what(told), told["why"], told["by"])


def _what(told: Mapping[str, Any]) -> str:
    kind, _, became = told["what"].partition("_")
    return f"{kind.capitalize()} {told['name']} {words(became)}"
