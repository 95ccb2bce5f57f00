"""All experiments: what runs now before all, then the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.dashboard.charts.intervals import IntervalChart, Measured, interval_chart
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.experiments.words import AS_LIFTS, Advice, advice, arms_of, name_of, state
from cobi.dashboard.models.words import Badge
from cobi.dashboard.running import held_out, running_of
from cobi.dashboard.wording import count
from cobi.domain.moments import DAY, parse_moment

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Running:
    """What runs now: since when and how long, who is in it, what it says so far."""

    id: str
    name: str
    arms: str
    since: str
    lasts: str
    students: str
    advice: Advice | None
    lift: IntervalChart | None


@dataclass(frozen=True)
class Row:
    """One that does not run."""

    id: str
    name: str
    is_holdout: bool
    state: Badge
    arms: str
    metric: str
    started: str | None
    stopped: str | None
    outcome: str | None


@dataclass(frozen=True)
class Context:
    """What the page shows; `held_out` is the share of the running holdout."""

    experiment: Running | None
    holdout: Running | None
    held_out: str | None
    others: Sequence[Row]
    may_change: bool
    create_command: str


@get("/experiments")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """All experiments."""
    visit = await dashboard.enter(request, "report")
    told = await run(visit.service.experiments.list)
    page = context(told, visit.key.organisation.name, may_change=visit.may("admin"))
    return await dashboard.render("experiments.html", visit.frame("Experiments"), page)


def context(told: Mapping[str, Any], organisation: str, *, may_change: bool) -> Context:
    """The page of what `GET /v1/experiments` answers."""
    experiment, holdout = running_of(told, "EXPERIMENT"), running_of(told, "HOLDOUT")
    return Context(
        None if experiment is None else _running(experiment),
        None if holdout is None else _running(holdout),
        held_out(told),
        [_row(one) for one in told["experiments"] if one["state"] != "RUNNING"],
        may_change,
        f"cobi experiment create --org {organisation} --plan warmer.json --start",
    )


def _running(told: Mapping[str, Any]) -> Running:
    summary = told["summary"]
    return Running(
        told["experiment_id"],
        told["name"],
        arms_of(told["arms"]),
        told["started"],
        lasting(told, None if summary is None else summary["counted_until"]),
        "none yet" if summary is None else count(summary["students"]),
        None if summary is None else advice(summary["advice"]),
        None if summary is None else _lift(told, summary),
    )


def _lift(told: Mapping[str, Any], summary: Mapping[str, Any]) -> IntervalChart | None:
    of = summary["lift"]
    if of is None or of["value"] is None:
        return None
    arm, control = summary["advice"]["arm"], told["arms"][0]["name"]
    row = Measured(arm, of["value"], of["low"], of["high"])
    return interval_chart(name_of(told["main_metric"]), f"beside {control}", [row], AS_LIFTS)


def _row(told: Mapping[str, Any]) -> Row:
    summary = told["summary"]
    return Row(
        told["experiment_id"],
        told["name"],
        told["kind"] == "HOLDOUT",
        state(told["state"]),
        arms_of(told["arms"]),
        name_of(told["main_metric"]),
        told["started"],
        told["stopped"],
        None if summary is None else advice(summary["advice"]).why,
    )


def lasting(told: Mapping[str, Any], counted_until: str | None) -> str:
    """How long it ran, as far as it is counted: 12 days."""
    begun, ended = (None if text is None else parse_moment(text) for text in (told["started"], counted_until))
    stopped = None if told["stopped"] is None else parse_moment(told["stopped"])
    if begun is None:
        return "not started"
    days = max(0, (stopped or ended or begun) - begun) // DAY
    return "less than a day" if days == 0 else f"{days} day{'s' * (days != 1)}"
