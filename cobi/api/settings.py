"""What an organisation chooses for itself while everything runs."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, put
from litestar.di import NamedDependency

from cobi.api import body, parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.api.models import by

AnyRequest = Request[Any, Any, Any]
DEFAULT_CHANGES, MOST_CHANGES = 50, 500


@get("/v1/settings")
async def show_settings(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Every setting with its value, default and meaning."""
    service = await gate.admit(request, "admin")
    return json_answer(await run(service.settings.show))


@put("/v1/settings")
async def change_settings(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Choose values by name, null for the default."""
    service = await gate.admit(request, "admin")
    document = body.document_of(await body.json_body(request))
    return json_answer(await run(service.settings.change, document, by(request)))


@get("/v1/settings/changes")
async def list_changes(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Who changed what, the newest first."""
    service = await gate.admit(request, "admin")
    query = request.query_params
    limit = parameters.limit(query, DEFAULT_CHANGES, MOST_CHANGES)
    return json_answer(await run(service.settings.changes, limit, query.get("cursor")))
