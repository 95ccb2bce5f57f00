"""Letting a version go live and going back: each asks first, and wants to know why."""

from __future__ import annotations

from collections.abc import Mapping
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
from cobi.domain.errors import Conflict, InvalidRequest
from cobi.domain.fields import FieldProblem, Text

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Context:
    """What is asked: what will happen, what speaks for or against it, and where the form goes."""

    action: str
    what: str
    verdict: Badge | None
    reasons: list[str]
    button: str
    back: str


@get("/models/{version:str}/promote")
async def ask_to_promote(
    request: AnyRequest, version: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask whether a version is to go live."""
    visit = await dashboard.enter(request, "admin")
    number = parameters.version("version", version)
    told = await run(visit.service.models.read, number)
    live = (await run(visit.service.models.list, 1))["live"]
    page = promotion(told, live)
    return await dashboard.render("models/confirm.html", visit.frame(f"Promote version {number}"), page)


@post("/models/{version:str}/promote", status_code=200)
async def promote(
    request: AnyRequest, version: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Let a version go live."""
    visit, form = await dashboard.act(request, "admin")
    number = parameters.version("version", version)
    reason = _reason(form, "promoted by hand")
    await run(visit.service.models.promote, number, by=visit.by, reason=reason)
    return Redirect(f"/models/{number}", status_code=SEE_OTHER)


@get("/models/rollback")
async def ask_to_roll_back(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Ask whether the live version is to be taken back."""
    visit = await dashboard.enter(request, "admin")
    live = (await run(visit.service.models.list, 1))["live"]
    if live is None:
        raise Conflict("no version is live", code="no_earlier_model", hint="train a model first")
    page = Context(
        "/models/rollback",
        f"Version {live['version']} answers now. It is taken back, and the version that was live before it answers "
        "again with the next request. A version that was taken back can still be promoted later.",
        None,
        [],
        f"Roll back version {live['version']}",
        "/models",
    )
    return await dashboard.render("models/confirm.html", visit.frame("Roll back"), page)


@post("/models/rollback", status_code=200)
async def roll_back(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Let the version before the live one go live again."""
    visit, form = await dashboard.act(request, "admin")
    told = await run(visit.service.models.roll_back, by=visit.by, reason=_reason(form, "rolled back by hand"))
    return Redirect(f"/models/{told['live']}", status_code=SEE_OTHER)


def promotion(told: Mapping[str, Any], live: Mapping[str, Any] | None) -> Context:
    """What is asked before a version goes live."""
    number, verdict = told["version"], told["verdict"]
    now = "No version answers now." if live is None else f"Version {live['version']} answers now."
    after = "" if live is None else f" Version {live['version']} stays there to go back to."
    return Context(
        f"/models/{number}/promote",
        f"{now} Version {number} answers from the next request on, in all processes.{after}",
        None if verdict is None else badge(verdict),
        told["reasons"] or ["It was not compared with the live version."],
        f"Let version {number} go live",
        f"/models/{number}",
    )


def _reason(form: Mapping[str, str], otherwise: str) -> str:
    sent = form.get("reason", "").strip()
    try:
        return Text().parse(sent) if sent else otherwise
    except FieldProblem as problem:
        raise InvalidRequest(f"the reason {problem.message}") from None
