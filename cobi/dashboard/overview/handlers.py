"""The front page, the part of it that is renewed, and having the doctor look again."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.dashboard.frame import places_of
from cobi.dashboard.overview.now import now_of
from cobi.dashboard.overview.page import QUALITY, context
from cobi.dashboard.signing_in import SEE_OTHER

AnyRequest = Request[Any, Any, Any]
SCOPE = "report"


@get("/")
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """The front page; whose key may not see it is led to the first page that it may."""
    open_to = places_of((await dashboard.signed_in(request)).key)
    if open_to and open_to[0].path != request.scope["path"]:
        return Redirect(open_to[0].path, status_code=SEE_OTHER)
    visit = await dashboard.enter(request, SCOPE)
    told = await run(visit.service.reports.overview)
    page = context(told, visit.key.organisation.name, visit.viewer, _quality(visit))
    return await dashboard.render("overview.html", visit.frame("Overview"), page)


@get("/overview/now")
async def now(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """How things stand: what a script puts in place of what the page said before."""
    visit = await dashboard.enter(request, SCOPE)
    told = await run(visit.service.reports.how_things_stand)
    page = now_of(told, visit.viewer, _quality(visit))
    return await dashboard.render("overview/now.html", visit.frame("Overview"), page)


@post("/overview/examine", status_code=200)
async def examine(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """Have the doctor look now."""
    visit, _ = await dashboard.act(request, SCOPE)
    await run(visit.service.reports.examine)
    return Redirect("/", status_code=SEE_OTHER)


def _quality(visit: Visit) -> str | None:
    return QUALITY if visit.may("ingest") else None
