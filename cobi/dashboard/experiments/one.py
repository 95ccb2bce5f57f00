"""One experiment: what to do and why, every metric beside the control, its course over time, who is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.experiments.courses import DIFFERENCE, LIFT, Courses, courses
from cobi.dashboard.experiments.listing import lasting
from cobi.dashboard.experiments.readings import Comparison, comparisons
from cobi.dashboard.experiments.words import Advice, advice, name_of, state, what_it_gets
from cobi.dashboard.links import Link
from cobi.dashboard.models.words import Badge
from cobi.dashboard.wording import count, percent, share
from cobi.domain.experiments.metrics import METRICS

AnyRequest = Request[Any, Any, Any]
_CERTAIN = 0.001


@dataclass(frozen=True)
class Arm:
    """An arm: what its students get, its share as planned and as it came, and how to give it to everybody."""

    name: str
    gets: str
    planned: str
    observed: str
    students: str
    model: int | None
    settings: str | None


@dataclass(frozen=True)
class Context:
    """What the page shows; `promoted` is the arm that the advice would give to everybody."""

    id: str
    is_holdout: bool
    state: Badge
    started: str | None
    stopped: str | None
    lasts: str
    counted_until: str | None
    advice: Advice | None
    promoted: Arm | None
    students: str
    progress: int
    planned: str
    ratio: tuple[str, str, str]
    main: str
    confidence: str
    matters: str | None
    arms: Sequence[Arm]
    comparisons: Sequence[Comparison]
    courses: Courses | None
    metrics: Sequence[Link]
    scales: Sequence[Link]
    may_start: bool
    may_stop: bool
    fresh: str


@get("/experiments/{experiment_id:str}")
async def show(
    request: AnyRequest, experiment_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Page:
    """One experiment, as it was last counted; with `anew`, counted now."""
    visit = await dashboard.enter(request, "report")
    query, number = request.query_params, parameters.identifier("experiment_id", experiment_id)
    metric = parameters.choice(query, "metric", tuple(METRICS)) if "metric" in query else None
    told_as = parameters.choice(query, "as", (LIFT, DIFFERENCE))
    experiments, anew = visit.service.experiments, parameters.boolean(query, "anew")
    told = await run(lambda: experiments.read(number, anew=anew))
    if told["results"] is None and told["started"] is not None:
        told = await run(experiments.read, number)
    days = await run(lambda: experiments.days(number, metric, anew=False))
    page = context(told, days, told_as, visit)
    return await dashboard.render("experiments/one.html", visit.frame(told["name"]), page)


def context(told: Mapping[str, Any], days: Mapping[str, Any], told_as: str, visit: Visit) -> Context:
    """The page of what `GET /v1/experiments/{id}` and `…/days` answer."""
    results, metric = told["results"], days["metric"]
    arms = _arms(told)
    advised = None if results is None else results["advice"]
    better = advised["arm"] if advised and advised["what"] == "PROMOTE" else None
    student_days = 0 if results is None else results["student_days"]
    may_change = visit.may("admin")
    return Context(
        told["experiment_id"],
        told["kind"] == "HOLDOUT",
        state(told["state"]),
        told["started"],
        told["stopped"],
        lasting(told, None if results is None else results["counted_until"]),
        None if results is None else results["counted_until"],
        None if advised is None else advice(advised),
        next((arm for arm in arms if arm.name == better), None),
        "0" if results is None else count(sum(arm["students"] for arm in results["arms"])),
        min(100, 100 * student_days // told["planned_student_days"]),
        f"{count(student_days)} of {count(told['planned_student_days'])} planned student-days",
        _ratio(results),
        name_of(told["main_metric"]),
        share(1 - told["alpha"]),
        share(told["matters"]) if told["matters"] else None,
        arms,
        comparisons(told, metric),
        courses(days, told_as),
        [_look(name_of(one), one == metric, {"metric": one, "as": told_as}) for one in METRICS],
        [
            _look(name, one == told_as, {"metric": metric, "as": one})
            for one, name in ((LIFT, "Relative"), (DIFFERENCE, "Absolute"))
        ],
        may_change and told["state"] == "DRAFT",
        may_change and told["state"] == "RUNNING",
        f"?{urlencode({'metric': metric, 'as': told_as, 'anew': 'true'})}",
    )


def _arms(told: Mapping[str, Any]) -> list[Arm]:
    results = told["results"]
    found: Mapping[str, int] = (
        {} if results is None else {one["name"]: one["students"] for one in results["arms"]}
    )
    everybody = sum(found.values())
    return [
        Arm(
            one["name"],
            what_it_gets(one),
            share(one["share"]),
            percent(found.get(one["name"], 0) / everybody if everybody else None),
            count(found.get(one["name"], 0)),
            one["model_version"],
            urlencode(one["settings"]) if one["settings"] else None,
        )
        for one in told["arms"]
    ]


def _ratio(results: Mapping[str, Any] | None) -> tuple[str, str, str]:
    """The sample-ratio check: in a word, its icon, and in more words."""
    ratio = None if results is None else results["sample_ratio"]
    if ratio is None:
        return "Nothing to check yet", "quiet", "no students so far"
    told = f"p = {ratio['p_value']:.2g}; below {_CERTAIN:g} something loses students of one arm"
    return ("Mismatch", "bad", told) if ratio["mismatch"] else ("As planned", "good", told)


def _look(name: str, current: bool, query: Mapping[str, str]) -> Link:
    return Link(name, f"?{urlencode(query)}#course", current)
