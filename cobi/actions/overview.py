"""What somebody wants to see first: this week beside the last, the loop's health, what has changed, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from cobi.actions.doctor.examine import examine
from cobi.actions.report import Found, caused
from cobi.actions.report_figures import EVERYTHING, Figures
from cobi.analytics.intervals import rate_difference
from cobi.domain.experiments.experiment import Experiment
from cobi.domain.moments import DAY, format_moment
from cobi.domain.records import CUSTOMERS, OFFERS
from cobi.store import entities, interactions, model_registry, quarantine_accounts
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.rollups import reading
from cobi.store.rollups.period import Period
from cobi.store.rollups.reading import Selection

WEEK, SHOWN_DAYS, MOST_HAPPENINGS = 7, 28, 20
_EPOCH = date(1970, 1, 1)


def overview(connection: Connection, now: int) -> dict[str, Any]:
    """The document `GET /v1/overview` answers; its days are whole ones in UTC, today included."""
    today = now // DAY
    days = _by_day(connection, today - SHOWN_DAYS + 1, today)
    week, before = _sum(days, today - WEEK + 1, today), _sum(days, today - 2 * WEEK + 1, today - WEEK)
    since = (today - WEEK + 1) * DAY
    live = model_registry.live(connection)
    newest = interactions.newest(connection)
    return {
        "now": format_moment(now),
        "since": format_moment(since),
        "week": week.as_json(),
        "week_before": before.as_json(),
        "changes": _changes(week, before),
        "days": [{"day": _day(day), **figures.as_json()} for day, figures in sorted(days.items())],
        "attributed_and_caused": _attributed_and_caused(connection, today),
        "health": examine(connection, now),
        "refused_waiting": quarantine_accounts.waiting(connection),
        "newest_interaction": None if newest is None else format_moment(newest),
        "live_model": None if live is None else _live(live),
        "happened": _happened(connection, since),
        "begun": _begun(connection, newest is not None, live is not None, days),
    }


def _by_day(connection: Connection, first: int, last: int) -> dict[int, Figures]:
    """Figures of each of these days, those without answers included."""
    period = Period(first * DAY, (last + 1) * DAY)
    found = Found(EVERYTHING, reading.read(connection, Selection(period)))
    counted = found.by(lambda dimensions: (dimensions["day"],))
    return {day: counted.get((day,), Figures()) for day in range(first, last + 1)}


def _sum(days: dict[int, Figures], first: int, last: int) -> Figures:
    total = Figures()
    for day in range(first, last + 1):
        total.add(days.get(day, Figures()))
    return total


def _changes(week: Figures, before: Figures) -> dict[str, Any]:
    """How the rates differ, with the 95 % intervals of the differences; null where a week showed nothing."""

    def change(part: int, base: int) -> dict[str, float] | None:
        if not week.impressions or not before.impressions:
            return None
        low, high = rate_difference((part, week.impressions), (base, before.impressions))
        return {"value": part / week.impressions - base / before.impressions, "low": low, "high": high}

    return {
        "click_through_rate": change(week.clicked, before.clicked),
        "code_reveal_rate": change(week.revealed, before.revealed),
    }


def _attributed_and_caused(connection: Connection, today: int) -> dict[str, Any] | None:
    """What the holdout that began last says was caused, beside what is attributed since; None without one."""
    by_holdout, holdout = caused(connection), plans.latest_holdout(connection)
    if by_holdout is None or holdout is None or holdout.started is None:
        return None
    held_out = f"{holdout.plan.name}:{holdout.plan.arms[0].name}"
    period = Period(holdout.started // DAY * DAY, (today + 1) * DAY)
    found = Found(EVERYTHING, reading.read(connection, Selection(period)))
    attributed = Figures()
    for (arm,), figures in found.by(lambda dimensions: (dimensions["arm"],)).items():
        if arm != held_out:
            attributed.add(figures)
    told = attributed.as_json()
    counts = {name: told[name] for name in ("amount", "savings")}
    reveals = told["attributed"]["DISCOUNT_CODE"]
    return {
        **by_holdout,
        "attributed": {"code_reveals": reveals, "purchases": attributed.conversions, **counts},
    }


def _live(live: model_registry.Entry) -> dict[str, Any]:
    return {
        "model_version": live.version,
        "trained": format_moment(live.trained),
        "went_live": None if live.went_live is None else format_moment(live.went_live),
    }


def _happened(connection: Connection, since: int) -> list[dict[str, Any]]:
    """What people and the guardrail did since a moment, the newest first."""
    found: list[tuple[int, dict[str, Any]]] = [
        (
            event.moment,
            {"what": f"model_{event.event}", "name": str(version), "by": event.by, "why": event.reason},
        )
        for version, event in model_registry.events_since(connection, since)
    ]
    for experiment in plans.everything(connection):
        found += _turns(experiment, since)
    newest = sorted(found, key=lambda one: -one[0])[:MOST_HAPPENINGS]
    return [{"when": format_moment(moment), **told} for moment, told in newest]


def _turns(experiment: Experiment, since: int) -> Iterable[tuple[int, dict[str, Any]]]:
    told = {"name": experiment.plan.name, "by": None, "why": None}
    for moment, what in ((experiment.started, "started"), (experiment.stopped, "stopped")):
        if moment is not None and moment >= since:
            yield moment, {"what": f"experiment_{what}", **told}


def _begun(connection: Connection, acted: bool, live: bool, days: dict[int, Figures]) -> dict[str, bool]:
    """Which of the steps from nothing to a loop have been taken."""
    answered = any(figures.answers for figures in days.values())
    return {
        "offers": entities.is_there_any(connection, OFFERS),
        "customers": entities.is_there_any(connection, CUSTOMERS),
        "interactions": acted,
        "model": live,
        "answers": answered,
    }


def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
