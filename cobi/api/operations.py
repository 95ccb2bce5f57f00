"""What the person who runs the server asks it: whether it lives, whether it is ready, and its metrics."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from cobi.api.answers import json_answer, run_apart
from cobi.api.auth import Gate
from cobi.api.caller import caller_of
from cobi.metrics.metrics import Metrics
from cobi.metrics.text import MEDIA_TYPE, render
from cobi.service.readiness import OK, Readiness
from cobi.service.registry import Registry

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Operations:
    """What the endpoints of this file look at; an empty `operator_key` opens nothing."""

    registry: Registry
    metrics: Metrics
    readiness: Readiness
    operator_key: str

    def exposition(self, organisation: str | None) -> str:
        """The metrics of one organisation, or of all."""
        return render({**self.metrics.collect(), **self.registry.gauges(organisation)}, organisation)


@get("/health/live")
async def live() -> Response[bytes]:
    """Whether the process answers."""
    return json_answer({"status": "live"})


@get("/health/ready")
async def ready(operations: NamedDependency[Operations]) -> Response[bytes]:
    """Whether requests can be worked on; 503 says by name what is in the way."""
    checks = await run_apart(operations.readiness)
    if all(said == OK for said in checks.values()):
        return json_answer({"status": "ready", "checks": checks})
    answer = json_answer({"status": "unavailable", "checks": checks}, 503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


@get("/metrics")
async def metrics(
    request: Request[Any, Any, Any], gate: NamedDependency[Gate], operations: NamedDependency[Operations]
) -> Response[str]:
    """Metrics in Prometheus' format: of all organisations for the operator, of its own for an admin key."""
    organisation = None
    if not _is_operator(request, operations.operator_key):
        await gate.admit(request, "admin")
        caller = caller_of(request.scope)
        organisation = caller.organisation.name if caller else ""
    text = await run_apart(lambda: operations.exposition(organisation))
    return Response(text, media_type=MEDIA_TYPE)


def _is_operator(request: Request[Any, Any, Any], operator_key: str) -> bool:
    sent = request.headers.get("authorization", "").encode()
    return bool(operator_key) and secrets.compare_digest(sent, f"Bearer {operator_key}".encode())
