"""What recommendations were worth."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from cobi.api import parameters
from cobi.api.answers import json_answer, run
from cobi.api.auth import Gate
from cobi.store.effectiveness import Period


@get("/v1/reports/effectiveness")
async def effectiveness(request: Request[Any, Any, Any], gate: NamedDependency[Gate]) -> Response[bytes]:
    """Answers, impressions, attributed interactions and rates by model version and day."""
    service = await gate.admit(request, "report")
    query = request.query_params
    period = Period(parameters.moment(query, "from"), parameters.moment(query, "to"))
    return json_answer(await run(service.report, period))
