"""The pages of data quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard
from cobi.dashboard.quality import browsing, mending
from cobi.dashboard.quality.flow import BY, flow_of
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.wording import count
from cobi.domain.errors import InvalidRequest
from cobi.domain.quarantine import EVERYTHING, Selection, parse_retry, type_name

AnyRequest = Request[Any, Any, Any]
SCOPE = "ingest"
_SAMPLES = 6


@dataclass(frozen=True)
class Dropping:
    """What the page that asks before dropping shows."""

    type: str
    code: str
    records: str


@get("/quality")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """What was refused and why."""
    visit = await dashboard.enter(request, SCOPE)
    query = request.query_params
    by = parameters.choice(query, "by", tuple(BY))
    view = browsing.View(_selection(query), query.get("cursor"), by)
    told = await run(visit.service.refused, view.selection, _SAMPLES, view.cursor)
    everything = (
        told if view.selection == EVERYTHING else await run(visit.service.refused, EVERYTHING, 1, None)
    )
    arrivals = await run(visit.service.reports.arrivals, by, None, None)
    waiting = sum(one["records"] for one in everything["counts"])
    flow = flow_of(arrivals, waiting, told["left"], browsing.query_of(view.selection), visit.viewer)
    page = browsing.context(told, flow, view, parameters.text(query, "done"), visit.may("admin"))
    return await dashboard.render("quality.html", visit.frame("Data quality"), page)


@get("/quality/mend")
async def mend(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """A form of rules for the records of one type."""
    visit = await dashboard.enter(request, SCOPE)
    selection = _of_one_type(request.query_params)
    page = mending.begun(selection, await run(visit.service.refused, selection, _SAMPLES, None))
    return await dashboard.render("quality/mend.html", visit.frame("Mend and try again"), page)


@post("/quality/mend", status_code=200)
async def retry(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Try the records with the rules: first for show, then for real."""
    visit, form = await dashboard.act(request, SCOPE)
    selection, rows = _of_one_type(form), mending.rows_of(form)
    dry_run = form.get("act") != "store"
    chosen = browsing.query_of(selection)
    order = {**chosen, "rules": mending.rules_of(rows, chosen["type"]), "dry_run": dry_run}
    told = await run(visit.service.retry, parse_retry(order))
    if dry_run:
        page = mending.context(selection, rows, told)
        return await dashboard.render("quality/mend.html", visit.frame("Mend and try again"), page)
    done = f"{count(told['stored'] + told['unchanged'])} stored, {count(told['refused'])} still refused"
    if told["next_cursor"]:
        done += "; there are more, which were not tried: go on with them"
    return _back({"type": chosen["type"], "done": done})


@get("/quality/drop")
async def ask_to_drop(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Ask before records are deleted for good."""
    visit = await dashboard.enter(request, "admin")
    selection = _selection(request.query_params)
    told = await run(visit.service.drop_refused, selection, dry_run=True)
    page = Dropping(selection.type or "", selection.code or "", count(told["dropped"]))
    return await dashboard.render("quality/drop.html", visit.frame("Drop refused records"), page)


@post("/quality/drop", status_code=200)
async def drop(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Delete records for good."""
    visit, form = await dashboard.act(request, "admin")
    selection = _selection(form)
    if selection == EVERYTHING:
        raise InvalidRequest("say which records to delete: by type or code", code="malformed_parameter")
    told = await run(visit.service.drop_refused, selection)
    return _back({"done": f"{count(told['dropped'])} dropped"})


def _selection(query: parameters.Query) -> Selection:
    given = {name: value for name, value in query.items() if value}
    return Selection(type_name(given.get("type")), parameters.code(given))


def _of_one_type(query: parameters.Query) -> Selection:
    selection = _selection(query)
    if selection.type is None:
        raise InvalidRequest(
            "rules are about the fields of one type: say which with type", code="malformed_parameter"
        )
    return selection


def _back(query: dict[str, str]) -> Response[Any]:
    return Redirect(f"/quality?{urlencode(query)}", status_code=SEE_OTHER)
