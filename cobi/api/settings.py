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
LIMITS = ("recommendations_per_minute", "data_requests_per_minute")
"""The settings that the server's own limits bound."""


@get("/v1/settings")
async def show_settings(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Every setting with its value, default and meaning."""
    service = await gate.admit(request, "admin")
    return _told(await run(service.settings.show), gate)


@put("/v1/settings")
async def change_settings(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Choose values by name, null for the default; with `dry_run` only told what that would change."""
    service = await gate.admit(request, "admin")
    document = body.document_of(await body.json_body(request))
    if parameters.boolean(request.query_params, "dry_run"):
        return json_answer(await run(service.settings.foretell, document))
    return _told(await run(service.settings.change, document, by(request)), gate)


@get("/v1/settings/changes")
async def list_changes(request: AnyRequest, gate: NamedDependency[Gate]) -> Response[bytes]:
    """Who changed what, the newest first."""
    service = await gate.admit(request, "admin")
    query = request.query_params
    limit = parameters.limit(query, DEFAULT_CHANGES, MOST_CHANGES)
    return json_answer(await run(service.settings.changes, limit, query.get("cursor")))


def _told(settings: dict[str, Any], gate: Gate) -> Response[bytes]:
    """The settings beside what the server allows at most."""
    return json_answer({**settings, "server_allows": dict(zip(LIMITS, gate.allowed, strict=True))})
