"""Training: the form that asks for one, how far it is, and cancelling it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.models.words import Badge, badge
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import ago
from cobi.domain.moments import SECOND, parse_moment

AnyRequest = Request[Any, Any, Any]
_OPEN = ("queued", "running")
_SHOWN = 5


@dataclass(frozen=True)
class Job:
    """A training or an evaluation: `share` is in per cent, `took` in words."""

    id: str
    state: str
    badge: Badge
    is_open: bool
    share: int
    message: str
    by: str
    requested: str
    took: str
    version: int | None
    reason: str | None


@dataclass(frozen=True)
class Jobs:
    """The one that waits or goes on, where there is one, and those before it."""

    current: Job | None
    past: Sequence[Job]
    may_train: bool


@get("/models/training")
async def progress(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """How far the training is: the part of the page that a script renews."""
    visit = await dashboard.enter(request, "report")
    page = jobs(await run(visit.service.training.recent), visit.now, may_train=visit.may("admin"))
    return await dashboard.render("models/training.html", visit.frame("Training"), page)


@post("/models/train", status_code=200)
async def train(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Ask for a training."""
    visit, form = await dashboard.act(request, "admin")
    seed = parameters.whole({"seed": form.get("seed") or "0"}, "seed", 0, 10**9) or 0
    await run(visit.service.training.request, by=visit.by, seed=seed, promote=form.get("promote") == "on")
    return Redirect("/models", status_code=SEE_OTHER)


@post("/models/training/{job_id:str}/cancel", status_code=200)
async def cancel(
    request: AnyRequest, job_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Cancel a training; what it had not stored is lost, the live model is not."""
    visit, _ = await dashboard.act(request, "admin")
    await run(visit.service.training.cancel, parameters.identifier("job_id", job_id))
    return Redirect("/models", status_code=SEE_OTHER)


def jobs(told: Mapping[str, Any], now: int, *, may_train: bool) -> Jobs:
    """Of what `GET /v1/models/train` answers."""
    found = [job(one, now) for one in told["jobs"]]
    current = next((one for one in found if one.is_open), None)
    return Jobs(current, [one for one in found if not one.is_open][:_SHOWN], may_train)


def job(told: Mapping[str, Any], now: int) -> Job:
    """A training or an evaluation."""
    state = told["state"]
    return Job(
        told["job_id"],
        state,
        badge(state),
        state in _OPEN,
        round(100 * told["progress"]),
        told["message"],
        told["requested_by"],
        ago(parse_moment(told["requested"]), now),
        _took(told, now),
        told["model_version"],
        told["reason"],
    )


def _took(told: Mapping[str, Any], now: int) -> str:
    begun = parse_moment(told["started"] or told["requested"]) or now
    ended = now if told["ended"] is None else parse_moment(told["ended"]) or now
    seconds = max(0, ended - begun) // SECOND
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
