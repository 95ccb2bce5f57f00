"""All versions of the model, the live one before all, and the training and the evaluation that go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.models.evaluating import Evaluations, evaluations
from cobi.dashboard.models.training import Jobs, jobs
from cobi.dashboard.models.words import Badge, Rate, badge, rate
from cobi.dashboard.wording import NOTHING, ago, short
from cobi.domain.moments import parse_moment

AnyRequest = Request[Any, Any, Any]
_PAGE, _REASONS = 25, 2


@dataclass(frozen=True)
class Version:
    """A row: `window` are the first and the last moment it learned from, `why` the gate's reasons."""

    number: int
    state: Badge
    trained: str
    by: str
    window: tuple[str, str] | None
    events: str
    clicks: Rate | None
    reveals: Rate | None
    impressions: str
    verdict: Badge | None
    why: Sequence[str]
    may_go_live: bool


@dataclass(frozen=True)
class Live:
    """The version that answers."""

    number: int
    since: str | None
    trained: str
    events: str
    clicks: Rate | None
    reveals: Rate | None


@dataclass(frozen=True)
class Context:
    """What the page shows; `back_to` is the version that a rollback would let go live."""

    live: Live | None
    versions: Sequence[Version]
    others: Sequence[int]
    next: str | None
    jobs: Jobs
    evaluations: Evaluations
    may_change: bool
    may_go_back: bool
    train_command: str


@get("/models")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """All versions, the newest first."""
    visit = await dashboard.enter(request, "report")
    page = await run(_read, visit, request.query_params.get("cursor"))
    return await dashboard.render("models.html", visit.frame("Models"), page)


def _read(visit: Visit, cursor: str | None) -> Context:
    service = visit.service
    work = service.training.recent(), service.evaluations.recent()
    return context(service.models.list(_PAGE, cursor), work, visit)


def context(
    told: Mapping[str, Any],
    work: tuple[Mapping[str, Any], Mapping[str, Any]],
    visit: Visit,
) -> Context:
    """The page of what `GET /v1/models`, `…/train` and `…/evaluations` answer."""
    found, live = told["models"], told["live"]
    may_change = visit.may("admin")
    return Context(
        None if live is None else _live(live, visit.now),
        [_version(one, may_change=may_change) for one in found],
        [one["version"] for one in found],
        told["next_cursor"],
        jobs(work[0], visit.now, may_train=may_change),
        evaluations(work[1], visit.now, may_evaluate=may_change),
        may_change,
        may_change and any(one["state"] == "retired" and one["pruned"] is None for one in found),
        f"cobi train --org {visit.key.organisation.name}",
    )


def _live(told: Mapping[str, Any], now: int) -> Live:
    return Live(
        told["version"],
        told["went_live"],
        ago(parse_moment(told["trained"]), now),
        short(told["events"]),
        rate(told["served"], "click_through_rate"),
        rate(told["served"], "code_reveal_rate"),
    )


def _version(told: Mapping[str, Any], *, may_change: bool) -> Version:
    window, served, verdict = told["data_window"], told["served"], told["verdict"]
    usable = told["state"] not in ("live", "failed") and told["pruned"] is None
    return Version(
        told["version"],
        badge(told["state"]),
        told["trained"],
        told["trained_by"] or "not known",
        None if window is None else (window["from"], window["to"]),
        short(told["events"]),
        rate(served, "click_through_rate"),
        rate(served, "code_reveal_rate"),
        NOTHING if served is None else short(served["impressions"]),
        None if verdict is None else badge(verdict),
        told["reasons"][:_REASONS],
        may_change and usable,
    )
