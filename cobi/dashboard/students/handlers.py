"""The pages of students."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cobi.api import parameters
from cobi.api.answers import run
from cobi.dashboard.door import Dashboard, Visit
from cobi.dashboard.signing_in import SEE_OTHER
from cobi.dashboard.students.finding import finding
from cobi.dashboard.students.one import Told, context
from cobi.domain.identifiers import parse_id
from cobi.domain.recommendation import Wanted

AnyRequest = Request[Any, Any, Any]
SCOPE = "recommend"
_ENTRIES, _OFFERS, _CHOICES = 25, 10, 12


@get("/students")
async def search(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Response[Any]:
    """The student of an id, or whom to look at."""
    visit = await dashboard.enter(request, SCOPE)
    sent = request.query_params.get("id", "").strip()
    identifier = parse_id(sent)
    told = (
        await run(visit.service.students.search, identifier if sent else None)
        if identifier or not sent
        else None
    )
    if sent and told and len(told["students"]) == 1:
        return Redirect(f"/students/{told['students'][0]['customer_id']}", status_code=SEE_OTHER)
    return await dashboard.render("students.html", visit.frame("Students"), finding(sent, told))


@get("/students/{customer_id:str}")
async def show(
    request: AnyRequest, customer_id: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[Any]:
    """One student."""
    visit = await dashboard.enter(request, SCOPE)
    identifier = parameters.identifier("customer_id", customer_id)
    told = await run(_told, visit, identifier, request.query_params)
    return await dashboard.render("students/one.html", visit.frame("Student"), context(told))


def _told(visit: Visit, identifier: bytes, query: parameters.Query) -> Told:
    """What four requests to the API answer."""
    service, asked = visit.service, query.get("why_not", "").strip()
    missing, choices = parse_id(asked), list[dict[str, Any]]()
    if asked and missing is None:
        choices = service.catalogue.search("offers", asked, _CHOICES)["records"]
        if len(choices) == 1:
            missing = parse_id(choices[0]["id"])
    return Told(
        service.students.read(identifier),
        service.students.timeline(identifier, _ENTRIES, query.get("cursor")),
        service.answers.glance(identifier, Wanted(_OFFERS, explain=False), missing),
        asked,
        choices,
        query.get("cursor"),
    )
