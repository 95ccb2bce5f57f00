"""Starting and stopping an experiment, and the holdout: each asks first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.experiments.words import Advice, advice
from cobi.dashboard.running import running_of
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import share
from cobi.domain.errors import InvalidRequest
from cobi.domain.experiments.declaring import HOLDOUT_SHARE

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Question:
    """What is asked before an experiment starts or stops: what will happen, and what its figures say."""

    id: str
    verb: str
    name: str
    what: str
    advice: Advice | None


@dataclass(frozen=True)
class Holding:
    """The form of the holdout; `running` is the one that would be replaced, `problem` what was wrong before."""

    running: str | None
    share: str
    listing: str
    problem: str | None


@get("/experiments/{experiment_id:str}/start")
async def ask_to_start(
    request: AnyRequest, experiment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask whether an experiment is to run."""
    return await _ask(request, experiment_id, dashboard, "start")


@get("/experiments/{experiment_id:str}/stop")
async def ask_to_stop(
    request: AnyRequest, experiment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """Ask whether an experiment is to end."""
    return await _ask(request, experiment_id, dashboard, "stop")


@post("/experiments/{experiment_id:str}/start", status_code=200)
async def start(
    request: AnyRequest, experiment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Let an experiment run."""
    return await _turned(request, experiment_id, dashboard, "start")


@post("/experiments/{experiment_id:str}/stop", status_code=200)
async def stop(
    request: AnyRequest, experiment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Let an experiment end for good."""
    return await _turned(request, experiment_id, dashboard, "stop")


@get("/experiments/holdout")
async def ask_to_hold_out(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Ask how many students are to be held out, in the place of those who are now."""
    visit = await dashboard.enter(request, "admin")
    page = holding(await run(visit.service.experiments.list))
    return await dashboard.render("experiments/holdout.html", visit.frame("Holdout"), page)


@post("/experiments/holdout", status_code=200)
async def hold_out(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Begin a holdout; where one runs, it ends in the same moment."""
    visit, form = await dashboard.act(request, "admin")
    try:
        document = {
            "kind": "HOLDOUT",
            "share": share_of(form.get("share", ""), "share"),
            "list": form.get("list", ""),
        }
        told = await run(visit.service.experiments.create, {**document, "replace": True})
    except InvalidRequest as problem:
        page = holding(await run(visit.service.experiments.list), form, f"{problem.message}.")
        return await dashboard.render("experiments/holdout.html", visit.frame("Holdout"), page, 400)
    return Redirect(f"/experiments/{told['experiment_id']}", status_code=SEE_OTHER)


def holding(
    told: Mapping[str, Any], sent: Mapping[str, str] | None = None, problem: str | None = None
) -> Holding:
    """The form, of what `GET /v1/experiments` answers."""
    running = running_of(told, "HOLDOUT")
    arm: Mapping[str, Any] = (
        {"share": HOLDOUT_SHARE, "list": "POPULAR"} if running is None else running["arms"][0]
    )
    filled = sent or {"share": f"{100 * arm['share']:g}", "list": arm["list"]}
    return Holding(
        None if running is None else f"{running['name']}, {share(arm['share'])}",
        filled.get("share", ""),
        filled.get("list", ""),
        problem,
    )


def share_of(text: str, name: str) -> float:
    """A share that a form sent in per cent; raises InvalidRequest."""
    try:
        return float(text.strip().removesuffix("%")) / 100
    except ValueError:
        raise InvalidRequest(
            f"{name} {text[:64]!r} is not a number of per cent", code="malformed_experiment"
        ) from None


async def _turned(
    request: AnyRequest, experiment_id: str, dashboard: Dashboard, verb: Literal["start", "stop"]
) -> Response[Any]:
    visit, _ = await dashboard.act(request, "admin")
    experiments = visit.service.experiments
    turn = experiments.start if verb == "start" else experiments.stop
    await run(turn, parameters.identifier("experiment_id", experiment_id))
    return Redirect(f"/experiments/{experiment_id}", status_code=SEE_OTHER)


async def _ask(request: AnyRequest, experiment_id: str, dashboard: Dashboard, verb: str) -> Page:
    visit = await dashboard.enter(request, "admin")
    number = parameters.identifier("experiment_id", experiment_id)
    told = await run(lambda: visit.service.experiments.read(number, anew=False))
    page = question(told, verb)
    return await dashboard.render(
        "experiments/confirm.html", visit.frame(f"{verb.capitalize()} an experiment"), page
    )


def question(told: Mapping[str, Any], verb: str) -> Question:
    """What is asked, of what `GET /v1/experiments/{id}` answers."""
    results = told["results"]
    if verb == "start":
        what = (
            "From now on each student is answered as their arm says, from the next request on, in all processes. Arms "
            "and shares stay as they are declared until it ends."
        )
    elif told["kind"] == "HOLDOUT":
        what = (
            "From now on everybody gets recommendations, and what they cause is no longer measured. It stays stopped: "
            "a new holdout counts from nothing. Its figures stay readable."
        )
    else:
        what = (
            "From now on all students are answered alike. It stays stopped: to go on, declare it anew; it would count "
            "from nothing. Its figures stay readable."
        )
    shown = None if results is None or verb == "start" else advice(results["advice"])
    return Question(told["experiment_id"], verb, told["name"], what, shown)
