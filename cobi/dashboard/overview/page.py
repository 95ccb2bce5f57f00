"""The front page as a Context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.charts.lines import LineChart, Note, Series, line_chart
from cobi.dashboard.first_run import Step, steps_of
from cobi.dashboard.overview.figures import RATES, Card, cards, course
from cobi.dashboard.overview.now import Now, now_of
from cobi.dashboard.viewer import Viewer
from cobi.dashboard.wording import AS_NUMBERS, AS_SHARES, count, day, happening, words

QUALITY = "/quality"
Told = Mapping[str, Any]


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
class Refusal:
    """A reason that no record of its type was refused for in the week before."""

    what: str
    records: str
    href: str | None


@dataclass(frozen=True)
class Context:
    """What the page shows; `begun` is whether anything is there to count, `examined` when the doctor looked last."""

    now: Now
    begun: bool
    cards: Sequence[Card]
    rates: LineChart
    caused: Caused | None
    holdout_since: str | None
    holdout_command: str
    examined: str
    findings: Sequence[Finding]
    happened: Sequence[Happening]
    new_refusals: Sequence[Refusal]
    steps: Sequence[Step]


def context(told: Told, organisation: str, viewer: Viewer, quality: str | None = QUALITY) -> Context:
    """The page of what `GET /v1/overview` answers; `quality` is where refusals are, for those who may look."""
    return Context(
        now_of(told, viewer, quality),
        any(told["begun"].values()) or told["records"]["week"]["received"] > 0,
        cards(told, quality),
        _rates(told),
        _caused(told["attributed_and_caused"]),
        told["holdout_since"],
        f"cobi experiment create --org {organisation} --holdout --start",
        told["health"]["examined"],
        [_finding(one) for one in told["health"]["findings"]],
        [_happening(one) for one in told["happened"]],
        [_refusal(one, quality) for one in told["records"]["new_reasons"]],
        steps_of(told["begun"], organisation),
    )


def _rates(told: Told) -> LineChart:
    days = told["days"]
    places = {one["day"]: at for at, one in enumerate(days)}
    notes = [
        Note(places[one["when"][:10]], happening(one))
        for one in told["happened"]
        if one["when"][:10] in places and one["what"] == "model_promoted"
    ]
    found = [
        Note(places[one["since"]], one["what"], "finding")
        for one in told["health"]["findings"]
        if one["since"] in places
    ]
    series = [Series(name, course(days, rate), str(at + 1)) for at, (rate, name, _) in enumerate(RATES)]
    return line_chart(
        "Rates by day",
        "of impressions",
        [day(one["day"]) for one in days],
        series,
        AS_SHARES,
        [*notes, *found],
    )


def _caused(told: Told | None) -> Caused | None:
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
            AS_NUMBERS,
        )
        for metric, name, unit in (
            ("code_reveals", "Code reveals", "in all"),
            ("purchases", "Purchases", "in all"),
        )
    ]
    return Caused(charts, told["words"], told["since"], told["counted_until"])


def _finding(told: Told) -> Finding:
    where = ", ".join(f"{name} {value or 'not said'}" for name, value in told["where"].items())
    return Finding(told["what"], where, told["since"], told["likely_cause"], told["what_to_do"])


def _happening(told: Told) -> Happening:
    return Happening(told["when"], happening(told), told["why"], told["by"])


def _refusal(told: Told, quality: str | None) -> Refusal:
    href = quality and f"{quality}?{urlencode({'type': told['type'], 'code': told['codes'][0]})}"
    return Refusal(f"{told['type']}: {', '.join(map(words, told['codes']))}", count(told["records"]), href)
