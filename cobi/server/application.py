"""The ASGI application of one server process."""

from __future__ import annotations

from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException

from cobi.api import errors, headers, ingestion, recommendations, reports, students
from cobi.api.answers import json_answer
from cobi.api.auth import Gate
from cobi.api.limits import Limiter
from cobi.api.openapi import document
from cobi.config.settings import Settings
from cobi.domain.errors import CobiError
from cobi.server import logs
from cobi.service.registry import Registry
from cobi.service.service import Clock, system_clock


@get("/health/live")
async def live() -> Response[bytes]:
    """Whether the process answers."""
    return json_answer({"status": "live"})


@get("/v1/openapi.json")
async def openapi() -> Response[bytes]:
    """The contract as OpenAPI 3.1."""
    return json_answer(document())


ROUTES = [
    live,
    openapi,
    ingestion.upload,
    ingestion.interact,
    ingestion.overview,
    ingestion.read_page,
    ingestion.read_one,
    ingestion.read_interactions,
    ingestion.read_interaction,
    ingestion.refused,
    recommendations.for_customer,
    recommendations.for_segment,
    recommendations.create_segment,
    recommendations.list_segments,
    recommendations.read_segment,
    reports.effectiveness,
    students.erase,
    students.export,
    students.receipts,
]


def create_application(settings: Settings, clock: Clock = system_clock) -> Litestar:
    """An application on these settings; it opens the databases and closes them with the server."""
    logs.configure()
    registry = Registry(settings, clock)
    limits = Limiter(settings.recommendations_per_minute), Limiter(settings.data_requests_per_minute)
    gate = Gate(registry, *limits)
    return Litestar(
        ROUTES,
        dependencies={"gate": Provide(lambda: gate, sync_to_thread=False)},
        exception_handlers={
            CobiError: errors.known_error,
            HTTPException: errors.framework_error,
            Exception: errors.unexpected_error,
        },
        before_send=[headers.add],
        request_max_body_size=settings.max_body_bytes,
        on_shutdown=[registry.close],
        openapi_config=None,
        logging_config=None,
    )
