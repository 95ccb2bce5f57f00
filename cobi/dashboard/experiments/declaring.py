"""The form that declares an experiment: arms, shares, metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.experiments.changing import share_of
from cobi.dashboard.experiments.words import name_of
from cobi.dashboard.settings.inputs import Field, field_of
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.domain.errors import CobiError, Conflict, InvalidRequest, NotFound
from cobi.domain.experiments.declaring import LONGEST_NAME, MOST_ARMS
from cobi.domain.experiments.experiment import Listing, Plan
from cobi.domain.experiments.metrics import METRICS
from cobi.domain.organisation_settings import SETTINGS

AnyRequest = Request[Any, Any, Any]
_FIRST_ARMS = 2
_VERSIONS = 100
_LISTS = {
    Listing.PERSONAL.name: "recommendations",
    Listing.POPULAR.name: "what is popular, the same for everybody",
    Listing.NONE.name: "nothing",
}
_DEFAULTS = {
    "main_metric": Plan.main,
    "planned_student_days": str(Plan.planned_days),
    "matters": "0",
    "arm1.name": "control",
}
MORE = "more"


@dataclass(frozen=True)
class Arm:
    """The fields of an arm, named `armN.…`; the first is the control."""

    number: int
    name: str
    share: str
    listing: str
    version: str
    settings: Sequence[Field]


@dataclass(frozen=True)
class Metric:
    """A metric: whether it decides, and how much it may lose where it is a guardrail."""

    code: str
    name: str
    meaning: str
    is_main: bool
    tolerated: str


@dataclass(frozen=True)
class Context:
    """The form as it was sent, or as it begins; `problem` says what was wrong."""

    name: str
    arms: Sequence[Arm]
    lists: Sequence[tuple[str, str]]
    versions: Sequence[tuple[str, str]]
    metrics: Sequence[Metric]
    planned: str
    matters: str
    start: bool
    longest_name: int
    may_add: bool
    problem: str | None


@get("/experiments/new")
async def form(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """An empty form."""
    visit = await dashboard.enter(request, "admin")
    page = context(await run(visit.service.models.list, _VERSIONS, None), _DEFAULTS, _FIRST_ARMS)
    return await dashboard.render("experiments/new.html", visit.frame("New experiment"), page)


@post("/experiments/new", status_code=200)
async def create(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Declare the experiment; with `more`, give the form another arm."""
    visit, sent = await dashboard.act(request, "admin")
    arms, problem = arms_in(sent), None
    if MORE not in sent:
        try:
            told = await run(visit.service.experiments.create, document_of(sent, arms))
            return Redirect(f"/experiments/{told['experiment_id']}", status_code=SEE_OTHER)
        except (InvalidRequest, Conflict, NotFound) as refused:
            problem = refused
    shown = min(arms + (problem is None), MOST_ARMS)
    page = context(await run(visit.service.models.list, _VERSIONS, None), sent, shown, problem)
    status = 200 if problem is None else 400
    return await dashboard.render("experiments/new.html", visit.frame("New experiment"), page, status)


def context(
    models: Mapping[str, Any], sent: Mapping[str, str], arms: int, problem: CobiError | None = None
) -> Context:
    """The form, with the versions that `GET /v1/models` answers."""
    versions = [
        (str(one["version"]), f"version {one['version']}, {one['state'].replace('_', ' ')}")
        for one in models["models"]
        if one["state"] != "failed" and one["pruned"] is None
    ]
    return Context(
        sent.get("name", ""),
        [_arm(number, sent) for number in range(1, arms + 1)],
        list(_LISTS.items()),
        versions,
        [
            Metric(
                name,
                name_of(name),
                metric.meaning,
                name == sent.get("main_metric"),
                sent.get(f"guard.{name}", ""),
            )
            for name, metric in METRICS.items()
        ],
        sent.get("planned_student_days", ""),
        sent.get("matters", ""),
        "start" in sent,
        LONGEST_NAME,
        arms < MOST_ARMS,
        None if problem is None else f"{problem.message}.",
    )


def arms_in(sent: Mapping[str, str]) -> int:
    """How many arms the form has."""
    return max(_FIRST_ARMS, sum(f"arm{number}.name" in sent for number in range(1, MOST_ARMS + 1)))


def document_of(sent: Mapping[str, str], arms: int) -> dict[str, Any]:
    """What `POST /v1/experiments` takes; raises InvalidRequest. An arm without a name is left out."""
    named = [number for number in range(1, arms + 1) if sent.get(f"arm{number}.name", "").strip()]
    return {
        "name": sent.get("name", "").strip(),
        "arms": [_arm_document(number, sent) for number in named],
        "main_metric": sent.get("main_metric", ""),
        "guardrails": [
            {"metric": metric, "tolerated": share_of(tolerated, f"what {name_of(metric).lower()} may lose,")}
            for metric in METRICS
            if (tolerated := sent.get(f"guard.{metric}", "").strip())
        ],
        "planned_student_days": _whole("planned student-days", sent.get("planned_student_days", "")),
        "matters": share_of(sent.get("matters", ""), "the smallest lift that matters,"),
        "start": "start" in sent,
    }


def _arm_document(number: int, sent: Mapping[str, str]) -> dict[str, Any]:
    own = {
        name.removeprefix(f"arm{number}."): value.strip()
        for name, value in sent.items()
        if name.startswith(f"arm{number}.") and value.strip()
    }
    settings = {
        name: setting.kind.from_text(own[name])
        for name, setting in SETTINGS.items()
        if setting.ranks and name in own
    }
    found: dict[str, Any] = {
        "name": own["name"],
        "list": own.get("list", Listing.PERSONAL.name),
        "settings": settings,
    }
    if "share" in own:
        found["share"] = share_of(own["share"], f"the share of {own['name']},")
    if "model_version" in own:
        found["model_version"] = _whole("model version", own["model_version"])
    return found


def _arm(number: int, sent: Mapping[str, str]) -> Arm:
    def told(field: str) -> str:
        return sent.get(f"arm{number}.{field}", "")

    return Arm(
        number,
        told("name"),
        told("share"),
        told("list") or Listing.PERSONAL.name,
        told("model_version"),
        [
            field_of(setting, f"arm{number}.{name}", told(name), empty="as everybody")
            for name, setting in SETTINGS.items()
            if setting.ranks
        ],
    )


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InvalidRequest(f"{name} {text[:64]!r} is not a whole number", code="malformed_experiment")
    return int(text)
