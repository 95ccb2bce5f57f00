"""What came in and what was answered."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.domain.arrivals import STEPS


@get("/v1/arrivals")
async def arrivals(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Records by type and outcome, refusals by reason, and answers, by hour or by day."""
    service = await gate.admit(request, "ingest")
    query = request.query_params
    by = parameters.choice(query, "by", tuple(STEPS))
    since, until = parameters.moment(query, "from"), parameters.moment(query, "to")
    return json_answer(await run(service.reports.arrivals, by, since, until))
