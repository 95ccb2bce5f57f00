"""Looking through the catalogue."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.catalogue import ITEM_TYPES, KINDS, MOST_DAYS, MOST_IMPRESSIONS, SORTS, USUAL_DAYS, Looking
from cobi.domain.errors import InvalidRequest, NotFound
from cobi.domain.interaction import ItemType
from cobi.domain.moments import DAY, LAST_DAY
from cobi.domain.recommendation import MAX_LIMIT

AnyRequest = Request[Any, Any, Any]
_PAGE, _LARGEST_PAGE = 50, 200
_SIMILAR = 10
_OWNERS = {f"{item_type.name.lower()}_id": item_type for item_type in ItemType if item_type != ItemType.OFFER}
_OF_REPORTS = ("performance", "sort", "from", "to", "region", "expiring_within", "unshown", *_OWNERS)


@get("/v1/catalogue/{kind:str}")
async def listing(request: AnyRequest, kind: FromPath[str], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through shops, offers, tags or keywords, by what they are called or by how they did."""
    query = request.query_params
    reports = any(name in query for name in _OF_REPORTS)
    service = await gate.admit(request, "report" if reports else "recommend")
    limit, cursor = parameters.limit(query, _PAGE, _LARGEST_PAGE), query.get("cursor")
    asked = looking(kind, query)
    if parameters.boolean(query, "performance"):
        return json_answer(await run(service.catalogue.look, asked, limit, cursor))
    if asked != Looking(asked.kind, asked.search):
        raise InvalidRequest(
            "this is asked of items with how they did",
            code="malformed_parameter",
            hint="send performance=true with it",
        )
    return json_answer(await run(service.catalogue.search, asked.kind, asked.search, limit, cursor))


@get("/v1/catalogue/{kind:str}/{item_id:str}")
async def item(
    request: AnyRequest, kind: FromPath[str], item_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """One item: its record, how it did day by day, and what keeps it out of lists now."""
    service = await gate.admit(request, "report")
    known, identifier = kind_of(kind), parameters.identifier("item_id", item_id)
    return json_answer(await run(service.catalogue.item, known, identifier, period_of(request.query_params)))


@get("/v1/catalogue/{kind:str}/{item_id:str}/similar")
async def similar(
    request: AnyRequest, kind: FromPath[str], item_id: FromPath[str], gate: NamedDependency[Gate]
) -> Response[bytes]:
    """The items of its kind that resemble one, and why; neither logged nor counted."""
    service = await gate.admit(request, "recommend")
    limit = parameters.limit(request.query_params, _SIMILAR, MAX_LIMIT)
    known, identifier = kind_of(kind), parameters.identifier("item_id", item_id)
    return json_answer(await run(service.catalogue.similar, known, identifier, limit))


def kind_of(kind: str) -> str:
    """A kind of items; raises NotFound."""
    if kind not in ITEM_TYPES:
        raise NotFound(f"the catalogue has no {kind[:64]!r}; it has {', '.join(KINDS)}", code="unknown_type")
    return kind


def looking(kind: str, query: parameters.Query) -> Looking:
    """Which items a request wants; raises InvalidRequest or NotFound."""
    return Looking(
        kind_of(kind),
        parameters.text(query, "search"),
        period_of(query),
        parameters.choice(query, "sort", SORTS),
        parameters.region(query),
        _owner(query),
        parameters.whole(query, "expiring_within", 1, MOST_DAYS),
        parameters.whole(query, "unshown", 0, MOST_IMPRESSIONS),
    )


def period_of(query: parameters.Query) -> tuple[int, int] | None:
    """The whole days that a period touches, the end exclusive; None where none is named.

    With an end alone it is the usual number of days before; with a beginning alone it has no end.
    """
    since, until = parameters.moment(query, "from"), parameters.moment(query, "to")
    if since is None and until is None:
        return None
    if since is not None and until is not None and until < since:
        raise InvalidRequest(
            "a period does not end before it begins",
            code="malformed_parameter",
            hint="send from=2026-06-01&to=2026-07-01, or neither for the last four weeks",
        )
    end = LAST_DAY if until is None else min((until + DAY - 1) // DAY, LAST_DAY)
    first = max(0, end - USUAL_DAYS) if since is None else since // DAY
    return first, max(end, first + 1)


def _owner(query: parameters.Query) -> tuple[ItemType, bytes] | None:
    given = [name for name in _OWNERS if name in query]
    if len(given) > 1:
        raise InvalidRequest(f"{' and '.join(given)} cannot be combined", code="malformed_parameter")
    return (_OWNERS[given[0]], parameters.identifier(given[0], query[given[0]])) if given else None
