"""The page: filters, figures, courses, a breakdown, and files to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from cobi.api import parameters
from cobi.api.answers import run
from cobi.api.reports import against_of, question_of, table_answer
from cobi.dashboard.charts.lines import LineChart
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.effectiveness.breakdown import Breakdown, breakdown
from cobi.dashboard.effectiveness.claims import Claim, claims
from cobi.dashboard.effectiveness.figures import Figure, courses, figures
from cobi.dashboard.effectiveness.form import Form, form
from cobi.dashboard.effectiveness.state import BY, OF_ANSWERS, PATH, State, address, state_of

SCOPE = "report"
_MOST_ITEMS = 50


@dataclass(frozen=True)
class Context:
    """What the page shows."""

    form: Form
    figures: Sequence[Figure]
    courses: Sequence[LineChart]
    breakdown: Breakdown
    claims: Sequence[Claim]
    claims_of_all: bool
    csv: str
    parquet: str


@get(PATH)
async def show(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Page:
    """What came of recommendations."""
    visit = await dashboard.enter(request, SCOPE)
    state = state_of(request.query_params, visit.now)
    told, items = await run(_told, visit, state)
    return await dashboard.render(
        "effectiveness.html", visit.frame("Effectiveness"), context(told, items, state, visit.now)
    )


@get(f"{PATH}/table")
async def table(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Response[bytes]:
    """The same as a file."""
    visit = await dashboard.enter(request, SCOPE)
    question = question_of(state_of(request.query_params, visit.now))
    reports = visit.service.reports
    if parameters.choice(request.query_params, "format", ("csv", "parquet")) == "csv":
        return table_answer((await run(reports.effectiveness_table, question)).encode(), "csv")
    return table_answer(await run(reports.effectiveness_parquet, question), "parquet")


def _told(visit: Visit, state: State) -> tuple[dict[str, Any], dict[str, Any] | None]:
    question, by = question_of(state), parameters.choice(state, "by", BY)
    told = visit.service.reports.comparison(question, against_of(state))
    items = visit.service.reports.items(question, by, _MOST_ITEMS) if by in ("shop", "tag") else None
    return told, items


def context(told: Mapping[str, Any], items: Mapping[str, Any] | None, state: State, now: int) -> Context:
    """The page of what `GET /v1/reports/comparison` and `GET /v1/reports/items` answer."""
    return Context(
        form(state, told["choices"], now),
        figures(told, state),
        courses(told),
        breakdown(told["report"], told["against"], items, state),
        claims(told["report"]["outcomes"], state),
        any(name in state for name in OF_ANSWERS),
        _file(state, "csv"),
        _file(state, "parquet"),
    )


def _file(state: State, written: str) -> str:
    return address(state, {"format": written, "against": None, "by": None}, f"{PATH}/table")
