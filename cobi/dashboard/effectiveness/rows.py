"""The pages of the rows behind figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency

from cobi.api.answers import run
from cobi.api.reports import claimed, kind_of, outcome_of, question_of
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.effectiveness.claims import MEANING
from cobi.dashboard.effectiveness.state import FILTERS, OF_CLAIMS, PATH, State, address
from cobi.dashboard.wording import NOTHING, words
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType

SCOPE, _PAGE = "report", 50
_KEPT = (*FILTERS, "interaction_type", "converted")


@dataclass(frozen=True)
class Cell:
    """What stands in a row, and where it leads."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Row:
    """A row; `moment` is shown in the viewer's zone."""

    moment: str
    cells: Sequence[Cell]


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
        [_answer(one, visit) for one in told["records"]],
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
    page = _context(
        lead, head, told, [_interaction(one, visit) for one in told["records"]], state, "interactions"
    )
    return await dashboard.render("effectiveness/rows.html", visit.frame("Interactions"), page)


@get(f"{PATH}/claims")
async def claims(request: Request[Any, Any, Any], dashboard: NamedDependency[Dashboard]) -> Page:
    """The interactions whose claim came to an outcome."""
    visit = await dashboard.enter(request, SCOPE)
    query = request.query_params
    state = {name: query[name] for name in (*OF_CLAIMS, "outcome") if query.get(name)}
    outcome = outcome_of(state)
    told = await run(
        visit.service.reports.claims, claimed(state), outcome, _PAGE, query.get("cursor") or None
    )
    head = ("Happened", "What", "Item", "Student", "Platform", "The list it names")
    lead = f"Interactions with source COBI, newest first: {MEANING[outcome]}."
    page = _context(lead, head, told, [_claim(one, visit) for one in told["records"]], state, "claims")
    return await dashboard.render("effectiveness/rows.html", visit.frame("Claims"), page)


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


def _answer(one: Mapping[str, Any], visit: Visit) -> Row:
    return Row(
        one["served"],
        [
            Cell(one["recommendation_id"]),
            _student(one, visit),
            _model(one),
            _said(one["arm"]),
            _said(", ".join(one["regions"])),
            Cell(str(one["shown"])),
            Cell(str(one["attributed"])),
        ],
    )


def _interaction(one: Mapping[str, Any], visit: Visit) -> Row:
    return Row(
        one["event_timestamp"],
        [
            *_act(one, visit),
            _model(one),
            _said(one["arm"]),
            _said(one["position"]),
            Cell(str(one["purchases"])),
            Cell(f"{one['savings']:,.2f}"),
        ],
    )


def _claim(one: Mapping[str, Any], visit: Visit) -> Row:
    return Row(one["event_timestamp"], [*_act(one, visit), _said(one["recommendation_id"])])


def _act(one: Mapping[str, Any], visit: Visit) -> list[Cell]:
    """What was done, with what, by whom, where."""
    item = one["item_id"] and f"/catalogue/{ITEM_RECORD_TYPES[ItemType[one['item_type']]]}/{one['item_id']}"
    return [
        Cell(words(one["interaction_type"]).lower()),
        Cell(one["item_name"] or NOTHING, item),
        _student(one, visit),
        _said(one["platform"]),
    ]


def _student(one: Mapping[str, Any], visit: Visit) -> Cell:
    known = one["student_id"]
    return Cell(known or NOTHING, f"/students/{known}" if known and visit.may("recommend") else None)


def _model(one: Mapping[str, Any]) -> Cell:
    version = one["model_version"]
    return Cell(str(version), f"/models/{version}" if version else None)


def _said(value: Any) -> Cell:
    return Cell(NOTHING if value in (None, "") else str(value))
