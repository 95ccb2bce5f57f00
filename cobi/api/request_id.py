"""Each request has an id, which its answer, its quarantined records and the log repeat."""

from __future__ import annotations

from typing import Any

from litestar import Request

from cobi.api import headers
from cobi.domain.random_ids import random_id


def request_id_of(request: Request[Any, Any, Any]) -> str:
    """The request's id, made when it is first asked for."""
    return id_in(request.scope)


def id_in(scope: Any) -> str:
    """The id of the request with this ASGI scope."""
    noted = headers.noted(scope)
    if headers.REQUEST_ID not in noted:
        noted[headers.REQUEST_ID] = random_id()
    return noted[headers.REQUEST_ID]
