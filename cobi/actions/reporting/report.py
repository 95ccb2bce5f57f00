"""What came of recommendations: figures with intervals, told apart in every way a report can show."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from cobi.actions.doctor import marks
from cobi.actions.reporting.figures import Figures
from cobi.domain.errors import NotFound
from cobi.domain.experiments.experiment import Experiment
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import Outcome, Platform
from cobi.domain.moments import format_day, format_moment
from cobi.domain.reports import Question
from cobi.store import keys
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.keys import KeyCache
from cobi.store.rollups import reading, versions
from cobi.store.rollups.period import Period
from cobi.store.rollups.reading import Items, Reading, Row, Selection

Key = tuple[Any, ...]
"""The values of the dimensions some figures are of."""


def effectiveness_report(connection: Connection, question: Question) -> dict[str, Any]:
    """The report `GET /v1/reports/effectiveness` answers."""
    wanted = selection(connection, question)
    found = Found(question, reading.read(connection, wanted))
    doubts = marks.marked(connection, wanted.period)
    return {
        "asked": _asked(question),
        "total": next(iter(found.by(lambda _: ()).values()), Figures()).as_json(question),
        "model_versions": found.rows(("model_version",)),
        "days": [
            {**row, "doubts": _of_day(doubts, row["day"])} for row in found.rows(("day", "model_version"))
        ],
        "by_day": [{**row, "doubts": _of_day(doubts, row["day"])} for row in found.rows(("day",))],
        "arms": found.rows(("arm",)),
        "regions": found.rows(("region",)),
        "positions": found.positions(),
        "platforms": found.platforms(),
        "outcomes": found.outcomes(),
        "caused": caused(connection),
        "doubts": doubts,
    }


def _of_day(doubts: Iterable[Mapping[str, Any]], day: str) -> list[str]:
    """What the doctor found on a day."""
    return sorted({one["code"] for one in doubts if one["since"] <= day <= one["until"]})


def caused(connection: Connection) -> dict[str, Any] | None:
    """What recommendations caused by the holdout that began last, since it began; None without one."""
    holdout = plans.latest_holdout(connection)
    return None if holdout is None else caused_by(connection, holdout)


def caused_by(connection: Connection, holdout: Experiment) -> dict[str, Any] | None:
    """The same by a holdout; None until students of both sides were counted."""
    results = plans.results(connection, holdout.key)
    if results is None or not results["comparisons"]:
        return None
    [compared] = results["comparisons"]
    return {
        "experiment_id": format_id(holdout.experiment_id),
        "since": None if holdout.started is None else format_moment(holdout.started),
        "counted_until": results["counted_until"],
        "students": {arm["name"]: arm["students"] for arm in results["arms"]},
        "totals": compared["caused"],
        "metrics": compared["metrics"],
        "words": compared["decision"]["words"],
    }


def figures_by_version(connection: Connection) -> dict[int, Figures]:
    """What came of the answers of each model version."""
    answered, came = versions.answered(connection), versions.came(connection)
    found = {version: Figures() for version in sorted(answered.keys() | came.keys())}
    for version, figures in found.items():
        figures.answers, figures.impressions = answered.get(version, (0, 0))
        if version in came:
            figures.add_clicks(came[version])
    return found


def effectiveness_table(connection: Connection, question: Question) -> str:
    """The same as CSV, a line for each day, model version, policy, arm and region."""
    found = Found(question, reading.read(connection, selection(connection, question)))
    dimensions = ("day", "model_version", "policy", "arm", "region")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*dimensions, *(name.lower() for name in _counts(Figures().as_json(question)))])
    for row in found.rows(dimensions):
        head = [row.pop(name) for name in dimensions]
        writer.writerow([*head, *_counts(row).values()])
    return out.getvalue()


def _counts(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures without intervals, in one line."""
    counts = {name: value for name, value in figures.items() if not isinstance(value, dict)}
    return {**counts, **figures["attributed"]}


class Found:
    """What was read, to be added up by different dimensions."""

    def __init__(self, question: Question, read: Reading) -> None:
        self._question, self._read = question, read

    def by(self, key: Callable[[Mapping[str, Any]], Key]) -> dict[Key, Figures]:
        """Figures by what `key` makes of the dimensions of answers."""
        found: dict[Key, Figures] = {}
        for dimensions, (answers,) in self._read.answers:
            figures = found.setdefault(key(dimensions), Figures())
            figures.add_answers(answers, dimensions["shown"], self._question.position)
        for dimensions, counted in self._came():
            found.setdefault(key(dimensions), Figures()).add_clicks(counted)
        return dict(sorted(found.items()))

    def rows(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Figures by these dimensions, each with their values."""
        found = self.by(lambda dimensions: tuple(dimensions[name] for name in names))
        return [
            {**_named(names, key), **figures.as_json(self._question)}
            for key, figures in found.items()
            if not figures.empty
        ]

    def positions(self) -> list[dict[str, Any]]:
        """Figures by position; an answer counts at each that it showed."""
        if not self._question.of_answers:
            return []
        found: dict[int, Figures] = {}
        for dimensions, (answers,) in self._read.answers:
            for position in range(1, dimensions["shown"] + 1):
                found.setdefault(position, Figures()).add_answers(answers, dimensions["shown"], position)
        for dimensions, counted in self._read.clicks:
            found.setdefault(dimensions["position"], Figures()).add_clicks(counted)
        wanted = self._question.position
        return [
            {"position": position, **figures.as_json(self._question)}
            for position, figures in sorted(found.items())
            if wanted in (None, position) and not figures.empty
        ]

    def platforms(self) -> list[dict[str, Any]]:
        """What came, by the platform of the interactions."""
        if self._question.position is not None or self._read.items:
            return []
        found: dict[int, Figures] = {}
        for dimensions, worth in self._read.platforms:
            found.setdefault(dimensions["platform"], Figures()).add_clicks((0, 0, *worth))
        return [
            {"platform": Platform(code).name if code else None, **figures.worth_as_json()}
            for code, figures in sorted(found.items())
            if not figures.empty
        ]

    def outcomes(self) -> dict[str, int]:
        """How many COBI interactions of the period came to what."""
        found: dict[int, int] = {}
        for dimensions, (counted,) in self._read.outcomes:
            found[dimensions["outcome"]] = found.get(dimensions["outcome"], 0) + counted
        return {outcome.name: found.get(outcome.value, 0) for outcome in Outcome}

    def _came(self) -> Iterable[Row]:
        if self._question.of_answers:
            return self._read.clicks
        asked = self._read.items if self._question.platform is None else self._read.platforms
        return [(dimensions, (0, 0, *worth)) for dimensions, worth in asked]


def _named(names: tuple[str, ...], key: Iterable[Hashable]) -> dict[str, Any]:
    named: dict[str, Any] = dict(zip(names, key, strict=True))
    if "day" in named:
        named["day"] = format_day(named["day"])
    for name in ("arm", "region"):
        if name in named:
            named[name] = named[name] or None
    return named


def selection(connection: Connection, question: Question) -> Selection:
    """What a question selects; raises NotFound for a shop or a tag that is not there."""
    return Selection(
        Period(question.since, question.until),
        question.model_version,
        question.arm,
        question.region,
        question.position,
        question.platform,
        _items(connection, question),
    )


def _items(connection: Connection, question: Question) -> Items | None:
    if question.shop_id is not None:
        return reading.of_shop(connection, _key(connection, "shops", question.shop_id))
    if question.tag_id is not None:
        return reading.of_tag(connection, _key(connection, "tags", question.tag_id))
    return None


def _key(connection: Connection, record_type: str, identifier: bytes) -> int:
    found = keys.resolve(connection, KeyCache(), record_type, [identifier]).get(identifier)
    if found is None:
        raise NotFound(f"{record_type} has no {format_id(identifier)}", code="unknown_record")
    return found


def _asked(question: Question) -> dict[str, Any]:
    return {
        "from": None if question.since is None else format_moment(question.since),
        "to": None if question.until is None else format_moment(question.until),
        "model_version": question.model_version,
        "arm": question.arm,
        "region": question.region,
        "platform": None if question.platform is None else question.platform.name,
        "shop_id": None if question.shop_id is None else format_id(question.shop_id),
        "tag_id": None if question.tag_id is None else format_id(question.tag_id),
        "position": question.position,
    }
