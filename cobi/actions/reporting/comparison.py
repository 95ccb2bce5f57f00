"""A report beside another one: of the period before, of another period, model version or arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cobi.actions.report import effectiveness_report
from cobi.analytics.intervals import rate_difference
from cobi.domain.moments import DAY, format_moment
from cobi.domain.reports import Against, Question
from cobi.store import model_registry
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.rollups import choices

_RATES = {"click_through_rate": "clicked_impressions", "code_reveal_rate": "revealed_impressions"}
_LAUNCHES = ("promoted", "rolled_back")


def comparison(connection: Connection, question: Question, against: Against | None) -> dict[str, Any]:
    """The document `GET /v1/reports/comparison` answers."""
    report = effectiveness_report(connection, question)
    asked = None if against is None else against.of(question)
    other = None if asked is None else effectiveness_report(connection, asked)
    parted = asked is not None and not question.shares_answers_with(asked)
    return {
        "report": report,
        "against": other,
        "differences": None if other is None else _differences(report["total"], other["total"], parted),
        "launches": _launches(connection, question),
        "choices": choices.of_answers(connection),
    }


def _differences(one: Mapping[str, Any], other: Mapping[str, Any], parted: bool) -> dict[str, Any]:
    """How the rates differ, with 95 % intervals; null where either has no impressions or they share some."""

    def difference(part: str) -> dict[str, float] | None:
        if not (parted and one["impressions"] and other["impressions"]):
            return None
        sides = (one[part], one["impressions"]), (other[part], other["impressions"])
        low, high = rate_difference(*sides)
        (clicked, shown), (base, of) = sides
        return {"value": clicked / shown - base / of, "low": low, "high": high}

    return {rate: difference(part) for rate, part in _RATES.items()}


def _launches(connection: Connection, question: Question) -> list[dict[str, Any]]:
    """What changed who is recommended what, on the days of the report, the earliest first."""
    since = 0 if question.since is None else question.since // DAY * DAY
    found = [
        (event.moment, f"model_{event.event}", str(version))
        for version, event in model_registry.events_since(connection, since)
        if event.event in _LAUNCHES
    ]
    for experiment in plans.everything(connection):
        turns = ((experiment.started, "started"), (experiment.stopped, "stopped"))
        found += [(at, f"experiment_{turn}", experiment.plan.name) for at, turn in turns if at is not None]
    return [
        {"when": format_moment(moment), "what": what, "name": name}
        for moment, what, name in sorted(found)
        if moment >= since and (question.until is None or moment < question.until)
    ]
