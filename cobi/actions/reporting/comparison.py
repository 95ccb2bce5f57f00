"""A report beside another one: of the period before, of another period, model version or arm."""

from __future__ import annotations

from typing import Any

from cobi.actions.reporting.differences import differences, unknown
from cobi.actions.reporting.happenings import LAUNCHES, happened
from cobi.actions.reporting.report import effectiveness_report
from cobi.domain.moments import DAY, format_moment
from cobi.domain.reports import Against, Question
from cobi.store.database import Connection
from cobi.store.rollups import choices


def comparison(connection: Connection, question: Question, against: Against | None) -> dict[str, Any]:
    """The document `GET /v1/reports/comparison` answers."""
    report = effectiveness_report(connection, question)
    beside: dict[str, Any] = {"against": None, "differences": None}
    if against is not None:
        asked = against.of(question)
        other = effectiveness_report(connection, asked)
        shared = question.shares_answers_with(asked)
        told = unknown() if shared else differences(report["total"], other["total"])
        beside = {"against": other, "differences": told}
    return {
        "report": report,
        **beside,
        "launches": _launches(connection, question),
        "choices": choices.of_answers(connection),
    }


def _launches(connection: Connection, question: Question) -> list[dict[str, Any]]:
    """What changed who is recommended what, on the days of the report, the earliest first."""
    since = 0 if question.since is None else question.since // DAY * DAY
    found = [
        (one.moment, one.what, one.name)
        for one in happened(connection, since)
        if one.what in LAUNCHES and (question.until is None or one.moment < question.until)
    ]
    return [
        {"when": format_moment(moment), "what": what, "name": name} for moment, what, name in sorted(found)
    ]
