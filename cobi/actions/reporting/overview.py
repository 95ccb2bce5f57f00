"""What somebody wants to see first: this week beside the last, the loop's health, what has changed, what is missing."""

from __future__ import annotations

from typing import Any

from cobi.actions.doctor.examine import examine
from cobi.actions.doctor.last import told_last
from cobi.actions.reporting.arrivals import SHOWN_DAYS, WEEK, arrivals, by_week
from cobi.actions.reporting.differences import differences
from cobi.actions.reporting.figures import EVERYTHING, Figures
from cobi.actions.reporting.happenings import happened
from cobi.actions.reporting.report import Found, caused_by
from cobi.domain.arrivals import span
from cobi.domain.experiments.experiment import Experiment
from cobi.domain.moments import DAY, format_day, format_moment
from cobi.domain.records import CUSTOMERS, OFFERS
from cobi.store import entities, interactions, model_registry, quarantine_accounts
from cobi.store.database import Connection
from cobi.store.experiments import plans
from cobi.store.rollups import reading
from cobi.store.rollups.period import Period
from cobi.store.rollups.reading import Selection

MOST_HAPPENINGS = 20


def overview(connection: Connection, now: int) -> dict[str, Any]:
    """The document `GET /v1/overview` answers; its days are whole ones in UTC, today included."""
    today = now // DAY
    days = _by_day(connection, today - SHOWN_DAYS + 1, today)
    week = _sum(days, today - WEEK + 1, today).as_json()
    before = _sum(days, today - 2 * WEEK + 1, today - WEEK).as_json()
    since = (today - WEEK + 1) * DAY
    live = model_registry.live(connection)
    newest = interactions.newest(connection)
    return {
        **_now(connection, now, newest, live),
        "since": format_moment(since),
        "week": week,
        "week_before": before,
        "changes": differences(week, before),
        "days": [{"day": format_day(day), **figures.as_json()} for day, figures in sorted(days.items())],
        "records": by_week(connection, today),
        **_measured(connection, today),
        "happened": _happened(connection, since),
        "begun": _begun(connection, newest is not None, live is not None, days),
    }


def how_things_stand(connection: Connection, now: int) -> dict[str, Any]:
    """That part of the document that changes from one minute to the next."""
    return _now(connection, now, interactions.newest(connection), model_registry.live(connection))


def _now(
    connection: Connection, now: int, newest: int | None, live: model_registry.Entry | None
) -> dict[str, Any]:
    return {
        "now": format_moment(now),
        "arrivals": arrivals(connection, span("hour", None, None, now)),
        "health": told_last(connection) or examine(connection, now),
        "refused_waiting": quarantine_accounts.waiting(connection),
        "newest_interaction": None if newest is None else format_moment(newest),
        "live_model": None if live is None else _live(live),
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


def _measured(connection: Connection, today: int) -> dict[str, Any]:
    """Since when students are held out, and what that says; nothing until both sides were counted."""
    holdout = plans.latest_holdout(connection)
    if holdout is None or holdout.started is None:
        return {"holdout_since": None, "attributed_and_caused": None}
    by_holdout = caused_by(connection, holdout)
    return {
        "holdout_since": format_moment(holdout.started),
        "attributed_and_caused": by_holdout
        and {**by_holdout, "attributed": _attributed(connection, holdout, holdout.started, today)},
    }


def _attributed(connection: Connection, holdout: Experiment, since: int, today: int) -> dict[str, Any]:
    """What is attributed to answers since a day, those to students held out left out."""
    held_out = f"{holdout.plan.name}:{holdout.plan.arms[0].name}"
    period = Period(since // DAY * DAY, (today + 1) * DAY)
    found = Found(EVERYTHING, reading.read(connection, Selection(period)))
    attributed = Figures()
    for (arm,), figures in found.by(lambda dimensions: (dimensions["arm"],)).items():
        if arm != held_out:
            attributed.add(figures)
    told = attributed.as_json()
    return {
        "code_reveals": told["attributed"]["DISCOUNT_CODE"],
        "purchases": attributed.conversions,
        **{name: told[name] for name in ("amount", "savings")},
    }


def _live(live: model_registry.Entry) -> dict[str, Any]:
    return {
        "model_version": live.version,
        "trained": format_moment(live.trained),
        "went_live": None if live.went_live is None else format_moment(live.went_live),
    }


def _happened(connection: Connection, since: int) -> list[dict[str, Any]]:
    """What people and the guardrail did since a moment, the newest first."""
    newest = sorted(happened(connection, since), key=lambda one: -one.moment)[:MOST_HAPPENINGS]
    return [one.as_json() for one in newest]


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
