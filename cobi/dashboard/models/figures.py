"""What an evaluation found: how well each method foretold what students did, in all and by segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.wording import AS_SHARES, NOTHING, Words, capitalise, count, minus

METHODS = {"cobi": "Cobi", "live": "live model", "one-hop": "one hop", "popularity": "popularity"}
"""The methods, in the order in which they are shown."""

_TONES = {"cobi": "1", "live": "2", "one-hop": "3", "popularity": "4"}
_METRICS = {
    "recall": ("recall", "the share of what a student later touched that is in the list"),
    "ndcg": ("NDCG", "the same, the more the higher up"),
    "hit_rate": ("hit rate", "the share of students with at least one find in the list"),
    "coverage": ("coverage", "the share of all that could be shown that is in anybody's list"),
    "novelty": ("novelty", "how little known what is shown is, in bits"),
    "mrr": ("MRR", "one over the place of the first find"),
    "map": ("MAP", "mean average precision, over the whole ranking"),
}
_SPLITS = {
    "time": "what came last, for everybody from the same moment",
    "last": "the last of each student",
    "random": "some of each student, drawn",
}
AS_SCORES = Words("{:.3f}".format, "{:.3g}".format)
"""How figures between 0 and 1 are told that are no shares of anything."""

_AS_SCORES_MORE = Words(lambda value: minus(f"{value:+.3f}"), lambda value: minus(f"{value:.3g}"))
_SHARES = (
    AS_SHARES,
    Words(lambda value: minus(f"{100 * value:+.1f}"), lambda value: minus(f"{100 * value:.3g}")),
)
_BITS = (
    Words("{:.2f} bits".format, "{:.3g}".format),
    Words(lambda value: minus(f"{value:+.2f}"), lambda value: minus(f"{value:.3g}")),
)
_UNITS = {"recall": "points, ", "hit_rate": "points, ", "coverage": "points, ", "novelty": "bits, "}
"""What differences are told in."""

_WORDS = {"recall": _SHARES, "hit_rate": _SHARES, "coverage": _SHARES, "novelty": _BITS}
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of a table: what it is of, and a cell for each column."""

    name: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Figures in words; `head` names the columns."""

    head: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Part:
    """A chart of one metric by segment, and its table with all methods."""

    chart: IntervalChart
    table: Table


@dataclass(frozen=True)
class Figures:
    """What the page shows of one metric, and the table of all; `verdict` says in words what it comes to."""

    verdict: str
    meaning: str
    metric: str
    metrics: Sequence[tuple[str, str]]
    means: IntervalChart
    differences: IntervalChart
    by_history: Part | None
    by_age: Part | None
    all: Table
    tested: Sequence[tuple[str, str]]
    warnings: Sequence[str]


def figures(found: Told, asked: str | None) -> Figures:
    """Of an evaluation's figures; the first metric where the one asked for is none of them."""
    names = list(found["methods"]["cobi"])
    metric = asked if asked is not None and asked in names else names[0]
    methods = [name for name in METHODS if name in found["methods"]]
    return Figures(
        _verdict(found, metric),
        capitalise(_METRICS[metric.partition("@")[0]][1]),
        metric,
        [(name, title(name)) for name in names],
        _means(found, metric, methods),
        _differences(found, metric, methods),
        _part("Events before", found["by_history"], metric, methods, _history),
        _part(f"Age of the {found['item_type'].lower()}", found["by_age"], metric, methods, _age),
        Table(
            ["Metric", *(METHODS[name] for name in methods)],
            [Row(title(one), [_cell(found["methods"][name], one) for name in methods]) for one in names],
        ),
        _tested(found),
        found["warnings"],
    )


def _means(found: Told, metric: str, methods: Sequence[str]) -> IntervalChart:
    return interval_chart(
        title(metric),
        "mean over students, 95 % intervals",
        [_measured(METHODS[name], found["methods"][name], metric, _TONES[name]) for name in methods],
        _words(metric),
    )


def _differences(found: Told, metric: str, methods: Sequence[str]) -> IntervalChart:
    others = [name for name in methods if name != "cobi"]
    return interval_chart(
        "Cobi less the others",
        f"{_UNITS.get(metric.partition('@')[0], '')}on the same students, 95 % intervals",
        [_measured(METHODS[name], found["cobi_minus"][name], metric, _TONES[name]) for name in others],
        _more(metric),
    )


def plan_in_words(plan: Told) -> str:
    """What was asked for: offers, first 10, the last of each student held back."""
    lengths = " and ".join(str(k) for k in plan["k"])
    way = None if plan["split"] is None else plan["split"].partition(":")[0]
    held = "" if way is None else f", held back: {_SPLITS[way]}"
    users = "" if plan["users"] is None else f", {count(plan['users'])} students at most"
    return f"{plan['item_type'].capitalize()}s, lists of {lengths}{held}{users}"


def title(metric: str) -> str:
    """A metric as people write it: NDCG@10."""
    name, at, k = metric.partition("@")
    return f"{_METRICS[name][0]}{at}{k}"


def _verdict(found: Told, metric: str) -> str:
    """What Cobi's mean comes to beside popularity, which needs no learning."""
    own, minus_popular = (
        found["methods"]["cobi"][metric],
        found["cobi_minus"].get("popularity", {}).get(metric),
    )
    say = _words(metric).value
    told = f"Cobi has a {title(metric)} of {say(own['value'])}"
    if minus_popular is None:
        return f"{told}."
    than = f"what is popular with all has {say(found['methods']['popularity'][metric]['value'])}"
    if minus_popular["low"] > 0:
        return f"{told}; {than}. Cobi's is higher, by more than chance."
    if minus_popular["high"] < 0:
        return f"{told}; {than}. Cobi's is lower, by more than chance."
    return f"{told}; {than}. The difference may be chance."


def _part(
    name: str, segments: Iterable[Told], metric: str, methods: Sequence[str], label: Any
) -> Part | None:
    found = [one for one in segments if metric in one["methods"]["cobi"]]
    if not found:
        return None
    rows = [
        _measured(label(one) if method == "cobi" else METHODS[method], one["methods"][method], metric, tone)
        for one in found
        for method, tone in (("cobi", _TONES["cobi"]), ("popularity", _TONES["popularity"]))
        if method in one["methods"]
    ]
    unit = f"by {name[:1].lower()}{name[1:]}, 95 % intervals"
    chart = interval_chart(f"{title(metric)} of Cobi and of popularity", unit, rows, _words(metric))
    cells = [
        Row(
            label(one),
            [count(one["students"]), *(_cell(one["methods"][method], metric) for method in methods)],
        )
        for one in found
    ]
    return Part(chart, Table([name, "Students", *(METHODS[method] for method in methods)], cells))


def _measured(name: str, of: Told, metric: str, tone: str) -> Measured:
    found = of[metric]
    return Measured(name, found["value"], found["low"], found["high"], tone)


def _cell(of: Told, metric: str) -> str:
    say, found = _words(metric).value, of.get(metric)
    if found is None:
        return NOTHING
    # The unit stands once, behind both.
    return f"{say(found['value']).split(' ')[0]} ± {say((found['high'] - found['low']) / 2)}"


def _words(metric: str) -> Words:
    """Words for its means."""
    return _WORDS.get(metric.partition("@")[0], (AS_SCORES, _AS_SCORES_MORE))[0]


def _more(metric: str) -> Words:
    """Words for its differences."""
    return _WORDS.get(metric.partition("@")[0], (AS_SCORES, _AS_SCORES_MORE))[1]


def _history(segment: Told) -> str:
    return _span(segment["from_events"], segment["to_events"])


def _age(segment: Told) -> str:
    span = _span(segment["from_days"], segment["to_days"])
    return "1 day" if span == "1" else f"{span} days"


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}–{last}"


def _tested(found: Told) -> list[tuple[str, str]]:
    """How it was tested, as pairs of a name and words."""
    training, held, tested = found["training"], found["held_back"], found["tested"]
    kind, live = found["item_type"].lower(), found["live_model"]
    of = f" of {count(tested['of_students'])}" if tested["students"] < tested["of_students"] else ""
    return [
        ("Learned from", f"{count(training['events'])} events of {count(training['students'])} students"),
        (
            "Held back",
            f"{count(held['pairs'])} pairs of student and {kind}; {found['split']}, {found['why']}",
        ),
        (
            "Left out",
            f"{count(held['not_available'])} that could not be shown then, {count(held['seen_before'])} seen before",
        ),
        ("Tested", f"{count(tested['students'])}{of} students on {count(tested['pairs'])} pairs"),
        ("Each among", f"{count(found['candidates']['per_student'])} {kind}s, all of them ranked"),
        ("Touched before", "not shown again" if found["seen"] == "hide" else "shown too"),
        *([] if live is None else [("Live model", f"version {live['version']}: {live['why']}")]),
    ]
