"""Looking through the catalogue."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from cobi.actions.catalogue.listing import KINDS
from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.errors import NotFound

AnyRequest = Request[Any, Any, Any]
_PAGE, _LARGEST_PAGE = 50, 200


@get("/v1/catalogue/{kind:str}")
async def listing(request: AnyRequest, kind: FromPath[str], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Page through shops, offers, tags or keywords, by what they are called."""
    service = await gate.admit(request, "recommend")
    query = request.query_params
    limit, text = parameters.limit(query, _PAGE, _LARGEST_PAGE), parameters.text(query, "search")
    return json_answer(await run(service.catalogue.search, kind_of(kind), text, limit, query.get("cursor")))


def kind_of(kind: str) -> str:
    """A kind of items; raises NotFound."""
    if kind not in KINDS:
        raise NotFound(f"the catalogue has no {kind[:64]!r}; it has {', '.join(KINDS)}", code="unknown_type")
    return kind
