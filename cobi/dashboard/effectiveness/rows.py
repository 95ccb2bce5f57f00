"""The pages of the rows behind figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.api.reports import kind_of, question_of
from cobi.dashboard.door import Dashboard, Page
from cobi.dashboard.effectiveness.state import FILTERS, PATH, State, address
from cobi.dashboard.wording import NOTHING, words

SCOPE, _PAGE = "report", 50
_KEPT = (*FILTERS, "interaction_type", "converted")


@dataclass(frozen=True)
class Row:
    """A row; `moment` is shown in the viewer's zone."""

    moment: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Context:
    """A page of rows; `older` leads on, `back` to the figures."""

    lead: str
    head: Sequence[str]
    rows: Sequence[Row]
    filters: Sequence[tuple[str, str]]
    older: str | None
    back: str


@get(f"{PATH}/answers")
async def answers(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Page:
    """The answers that a figure counts."""
    visit = await dashboard.enter(request, SCOPE)
    state = _state(request.query_params)
    cursor = request.query_params.get("cursor") or None
    told = await run(visit.service.reports.answers, question_of(state), _PAGE, cursor)
    head = ("Served", "Answer", "Student", "Model", "Arm", "Regions", "Shown", "Interactions")
    page = _context(
        "Lists that were shown, newest first.",
        head,
        told,
        [_answer(one) for one in told["records"]],
        state,
        "answers",
    )
    return await dashboard.render("effectiveness/rows.html", visit.frame("Answers"), page)


@get(f"{PATH}/interactions")
async def interactions(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Page:
    """The interactions that a figure counts."""
    visit = await dashboard.enter(request, SCOPE)
    query = request.query_params
    state = _state(query)
    told = await run(
        visit.service.reports.interactions,
        question_of(state),
        kind_of(state),
        _PAGE,
        query.get("cursor") or None,
    )
    head = (
        "Happened",
        "What",
        "Item",
        "Student",
        "Platform",
        "Model",
        "Arm",
        "Position",
        "Purchases",
        "Savings",
    )
    lead = "Interactions attributed to an answer, newest answers first."
    page = _context(lead, head, told, [_interaction(one) for one in told["records"]], state, "interactions")
    return await dashboard.render("effectiveness/rows.html", visit.frame("Interactions"), page)


def _state(query: Mapping[str, str]) -> State:
    return {name: query[name] for name in _KEPT if query.get(name)}


def _context(
    lead: str, head: Sequence[str], told: Mapping[str, Any], found: Sequence[Row], state: State, of: str
) -> Context:
    following = told["next_cursor"]
    return Context(
        lead,
        head,
        found,
        [(words(name), value) for name, value in state.items()],
        None if following is None else address(state, {"cursor": following}, f"{PATH}/{of}"),
        address({name: value for name, value in state.items() if name in FILTERS}, {}),
    )


def _answer(one: Mapping[str, Any]) -> Row:
    return Row(
        one["served"],
        [
            one["recommendation_id"],
            one["student_id"] or NOTHING,
            str(one["model_version"]),
            one["arm"] or NOTHING,
            ", ".join(one["regions"]) or NOTHING,
            str(one["shown"]),
            str(one["attributed"]),
        ],
    )


def _interaction(one: Mapping[str, Any]) -> Row:
    return Row(
        one["event_timestamp"],
        [
            words(one["interaction_type"]).lower(),
            one["item_name"] or NOTHING,
            one["student_id"] or NOTHING,
            one["platform"] or NOTHING,
            str(one["model_version"]),
            one["arm"] or NOTHING,
            NOTHING if one["position"] is None else str(one["position"]),
            str(one["purchases"]),
            f"{one['savings']:,.2f}",
        ],
    )
