"""Evaluations: the form that asks for one, how far it is, cancelling it, and those there were."""

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
from cobi.dashboard.models.figures import Figures, figures, plan_in_words
from cobi.dashboard.models.training import Job, job
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.domain.errors import InvalidRequest
from cobi.domain.evaluation import parse_lengths

AnyRequest = Request[Any, Any, Any]
PATH = "/models/evaluations"
_SHOWN = 5

KINDS = (("OFFER", "offers"), ("SHOP", "shops"), ("TAG", "tags"), ("KEYWORD", "keywords"))
"""What may be ranked, as the form says it."""

SPLITS = (
    ("", "what the data suggest"),
    ("time:0.2", "the last fifth of the time"),
    ("last", "the last of each student"),
    ("random:0.2", "a fifth, drawn"),
)
"""What may be held back, as the form says it."""


@dataclass(frozen=True)
class Evaluation:
    """An evaluation with what was asked for, in words."""

    job: Job
    plan: str


@dataclass(frozen=True)
class Evaluations:
    """The one that waits or goes on, where there is one, those before it, and what a new one may be asked."""

    current: Evaluation | None
    past: Sequence[Evaluation]
    may_evaluate: bool
    kinds: Sequence[tuple[str, str]] = KINDS
    splits: Sequence[tuple[str, str]] = SPLITS


@dataclass(frozen=True)
class Context:
    """The page of one evaluation; `figures` once it is done."""

    evaluation: Evaluation
    figures: Figures | None
    may_cancel: bool


@get(PATH)
async def progress(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """How far the evaluation is: the part of the page that a script renews."""
    visit = await dashboard.enter(request, "report")
    told = await run(visit.service.evaluations.recent)
    page = evaluations(told, visit.now, may_evaluate=visit.may("admin"))
    return await dashboard.render("models/evaluations.html", visit.frame("Evaluations"), page)


@post("/models/evaluate", status_code=200)
async def evaluate(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Ask for an evaluation."""
    visit, form = await dashboard.act(request, "admin")
    await run(visit.service.evaluations.request, plan_of(form), by=visit.by)
    return Redirect("/models", status_code=SEE_OTHER)


@get(PATH + "/{job_id:str}")
async def show(request: AnyRequest, job_id: FromPath[str], dashboard: NamedDependency[Dashboard]) -> Page:
    """How far one evaluation is, or what it found."""
    visit = await dashboard.enter(request, "report")
    told = await run(visit.service.evaluations.read, parameters.identifier("job_id", job_id))
    page = context(told, visit.now, request.query_params.get("metric"), may_cancel=visit.may("admin"))
    return await dashboard.render("models/evaluation.html", visit.frame("Evaluation"), page)


@post(PATH + "/{job_id:str}/cancel", status_code=200)
async def cancel(
    request: AnyRequest, job_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """Cancel an evaluation."""
    visit, _ = await dashboard.act(request, "admin")
    await run(visit.service.evaluations.cancel, parameters.identifier("job_id", job_id))
    return Redirect("/models", status_code=SEE_OTHER)


def plan_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What a form asks for, as the API takes it; raises InvalidRequest."""
    sent = {name: form.get(name, "").strip() for name in ("k", "item_type", "split", "users", "seed")}
    numbers = {name: _number(name, sent[name]) for name in ("users", "seed")}
    texts = {name: sent[name] or None for name in ("item_type", "split")}
    return {"k": list(parse_lengths(sent["k"] or "10")), **texts, **numbers}


def _number(name: str, text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidRequest(f"{name} is no whole number below a thousand million")
    return int(text) if text else None


def evaluations(told: Mapping[str, Any], now: int, *, may_evaluate: bool) -> Evaluations:
    """Of what `GET /v1/models/evaluations` answers."""
    found = [_evaluation(one, now) for one in told["jobs"]]
    current = next((one for one in found if one.job.is_open), None)
    return Evaluations(current, [one for one in found if not one.job.is_open][:_SHOWN], may_evaluate)


def context(told: Mapping[str, Any], now: int, metric: str | None, *, may_cancel: bool) -> Context:
    """Of what `GET /v1/models/evaluations/{job_id}` answers, with the charts of one metric."""
    found, evaluation = told["figures"], _evaluation(told, now)
    return Context(
        evaluation,
        None if found is None else figures(found, metric),
        may_cancel and evaluation.job.is_open,
    )


def _evaluation(told: Mapping[str, Any], now: int) -> Evaluation:
    return Evaluation(job(told, now), plan_in_words(told["plan"]))
