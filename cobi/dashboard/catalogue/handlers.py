"""The pages of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import run
from cobi.api.catalogue import kind_of, looking, period_of
from cobi.dashboard.catalogue import item, listing
from cobi.dashboard.catalogue.state import PATH, PERIOD, State, state_of
from cobi.dashboard.door import Dashboard, Page, Visit
from cobi.domain.catalogue import ITEM_TYPES, Looking
from cobi.domain.interaction import ITEM_RECORD_TYPES, ItemType

AnyRequest = Request[Any, Any, Any]
SCOPE = "report"
_ROWS, _OWN, _ALIKE = 25, 10, 8


@get(PATH)
async def show(request: AnyRequest, dashboard: NamedDependency[Dashboard]) -> Page:
    """Items with how they did."""
    visit = await dashboard.enter(request, SCOPE)
    state, cursor = state_of(request.query_params, visit.now), request.query_params.get("cursor")
    told, owner = await run(_listed, visit, state, cursor)
    page = listing.context(told, state, cursor, owner, visit.now)
    return await dashboard.render("catalogue.html", visit.frame("Catalogue"), page)


@get(PATH + "/{kind:str}/{item_id:str}")
async def one(
    request: AnyRequest,
    kind: FromPath[str],
    item_id: FromPath[str],
    dashboard: NamedDependency[Dashboard],
) -> Page:
    """One item."""
    visit = await dashboard.enter(request, SCOPE)
    state = {
        name: value for name, value in state_of(request.query_params, visit.now).items() if name in PERIOD
    }
    identifier = parameters.identifier("item_id", item_id)
    told, similar, offers = await run(_told, visit, kind_of(kind), identifier, state)
    page = item.context(told, similar, offers, state, visit.now)
    return await dashboard.render("catalogue/item.html", visit.frame(told["name"]), page)


def _listed(visit: Visit, state: State, cursor: str | None) -> tuple[dict[str, Any], str | None]:
    asked = looking(state["kind"], state)
    told = visit.service.catalogue.look(asked, _ROWS, cursor)
    if asked.belongs_to is None:
        return told, None
    item_type, identifier = asked.belongs_to
    record = visit.service.catalogue.item(ITEM_RECORD_TYPES[item_type], identifier, asked.period)
    return told, f"{item_type.name.capitalize()} {record['name']}"


def _told(
    visit: Visit, kind: str, identifier: bytes, state: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]]]:
    """What two or three requests to the API answer."""
    catalogue, item_type, period = visit.service.catalogue, ITEM_TYPES[kind], period_of(state)
    told = catalogue.item(kind, identifier, period)
    similar = catalogue.similar(kind, identifier, _ALIKE) if visit.may("recommend") else None
    if item_type is ItemType.OFFER:
        return told, similar, []
    own = Looking("offers", period=period, sort="impressions", belongs_to=(item_type, identifier))
    return told, similar, catalogue.look(own, _OWN)["records"]
