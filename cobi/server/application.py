"""The ASGI application of one server process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from cobi.api import (
    arrivals,
    catalogue,
    errors,
    evaluations,
    experiments,
    headers,
    ingestion,
    keys,
    models,
    operations,
    quarantine,
    recommendations,
    reports,
    segments,
    student_search,
    students,
    training,
)
from cobi.api import (
    settings as organisation_settings,
)
from cobi.api.answers import json_answer
from cobi.api.auth import Gate
from cobi.api.express.express import Express
from cobi.api.express.interactions import interactions
from cobi.api.express.slates import slates
from cobi.api.limits import Limiter
from cobi.api.openapi import document
from cobi.api.operations import Operations
from cobi.api.options import options_of
from cobi.config.settings import Settings
from cobi.dashboard.door import Dashboard
from cobi.dashboard.failing import page_or
from cobi.dashboard.routes import dashboard
from cobi.domain.errors import CobiError
from cobi.domain.moments import SECOND
from cobi.metrics.metrics import Metrics
from cobi.server import logs, pace
from cobi.server.housekeeping import COUNT_EVERY_SECONDS, housekeeping
from cobi.server.observing import Ledger, Observer
from cobi.server.tracing import Tracing
from cobi.server.tracing import tracing as traced
from cobi.server.unread import Unread
from cobi.service.core import Clock, system_clock
from cobi.service.readiness import Readiness
from cobi.service.registry import Registry
from cobi.worker import schedule
from cobi.worker.supervisor import Supervisor


@get("/v1/openapi.json")
async def openapi() -> Response[bytes]:
    """The contract as OpenAPI 3.1."""
    return json_answer(document())


ROUTES = [
    operations.live,
    openapi,
    ingestion.upload,
    ingestion.interact,
    ingestion.overview,
    ingestion.read_page,
    ingestion.read_one,
    ingestion.read_interactions,
    ingestion.read_interaction,
    quarantine.refused,
    quarantine.read_refused,
    quarantine.retry,
    quarantine.drop,
    quarantine.drop_one,
    recommendations.for_customer,
    recommendations.for_segment,
    recommendations.for_offer,
    recommendations.retell,
    recommendations.view,
    segments.create,
    segments.list_all,
    segments.preview,
    segments.suggestions,
    segments.read,
    segments.change,
    segments.remove,
    reports.effectiveness,
    reports.comparison,
    reports.items,
    reports.answers,
    reports.interactions,
    reports.claims,
    reports.overview,
    arrivals.arrivals,
    reports.doctor,
    reports.examine,
    models.list_models,
    models.compare,
    training.train,
    training.recent,
    training.read_job,
    training.cancel,
    evaluations.evaluate,
    evaluations.recent,
    evaluations.read_job,
    evaluations.cancel,
    models.read_model,
    models.promote,
    models.roll_back,
    experiments.create_experiment,
    experiments.list_experiments,
    experiments.read_experiment,
    experiments.read_days,
    experiments.start_experiment,
    experiments.stop_experiment,
    organisation_settings.show_settings,
    organisation_settings.change_settings,
    organisation_settings.list_changes,
    keys.create_key,
    keys.list_keys,
    keys.rotate_key,
    keys.revoke_key,
    operations.ready,
    operations.metrics,
    catalogue.listing,
    catalogue.item,
    catalogue.similar,
    student_search.search,
    student_search.read,
    student_search.timeline,
    student_search.glance,
    students.erase,
    students.export,
    students.receipts,
]


@dataclass(frozen=True)
class Rooms:
    """Everything of an application that hangs on its settings and its clock."""

    settings: Settings
    metrics: Metrics
    workers: Supervisor
    registry: Registry
    gate: Gate
    operations: Operations
    dashboard: Dashboard
    tracing: Tracing | None


class Application(Litestar):
    """The framework's application, with the busiest requests taken ahead of it."""

    rooms: Rooms
    bare: ASGIApp
    """The framework's own handler."""
    express: Express | None = None

    def move_in(self, settings: Settings, clock: Clock | None, metrics: Metrics | None = None) -> None:
        """Stand on these settings from now on; not while it serves."""
        logs.configure(settings.log_level)
        self.rooms = rooms = _rooms(settings, clock, metrics or Metrics())
        ledger = Ledger(rooms.metrics, logs.lines, settings.log_level)
        # Outside of everything, so that what matches no path is seen as well.
        self.asgi_handler = Observer(Unread(self.bare), ledger, rooms.tracing)
        finders = [interactions(settings.max_body_bytes), slates()]
        self.express = Express(rooms.gate, finders, ledger.enter) if rooms.tracing is None else None

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Serve one request, or the server's start and end."""
        call = None if self.express is None else self.express.take(scope)
        if self.express is None or call is None:
            await super().__call__(scope, receive, send)
        else:
            await self.express.answer(call, cast("Receive", receive), cast("Send", send))


def create_application(
    settings: Settings, clock: Clock | None = None, metrics: Metrics | None = None
) -> Application:
    """An application on these settings; it opens the databases and closes them with the server."""
    pace.configure()
    application = _with_handlers(settings.max_body_bytes)
    application.move_in(settings, clock, metrics)
    return application


def _with_handlers(max_body_bytes: int) -> Application:
    """An application without rooms: registering the handlers takes longer than all the rest."""

    def rooms() -> Rooms:
        return made.rooms

    made = Application(
        [*options_of(ROUTES), *ROUTES, dashboard(lambda: rooms().dashboard)],
        dependencies={
            "gate": Provide(lambda: rooms().gate, sync_to_thread=False),
            "operations": Provide(lambda: rooms().operations, sync_to_thread=False),
        },
        exception_handlers={
            CobiError: errors.known_error,
            HTTPException: page_or(lambda: rooms().dashboard, errors.framework_error),
            Exception: errors.unexpected_error,
        },
        before_send=[headers.add],
        request_max_body_size=max_body_bytes,
        lifespan=[
            lambda _: housekeeping(rooms().registry.tidy),
            lambda _: housekeeping(rooms().registry.count, COUNT_EVERY_SECONDS, COUNT_EVERY_SECONDS),
            lambda _: housekeeping(
                lambda: schedule.look(rooms().registry), schedule.EVERY_SECONDS, schedule.EVERY_SECONDS
            ),
        ],
        on_shutdown=[lambda: _move_out(rooms())],
        openapi_config=None,
        logging_config=None,
    )
    made.bare = made.asgi_handler
    return made


def _rooms(settings: Settings, clock: Clock | None, metrics: Metrics) -> Rooms:
    workers = Supervisor(settings)
    registry = Registry(settings, clock, metrics, start_work=workers.start)
    gate = Gate(registry, *_limiters(settings, registry, clock or system_clock))
    seen = Operations(registry, metrics, Readiness(registry), settings.operator_key)
    pages = Dashboard(gate, clock or system_clock)
    return Rooms(settings, metrics, workers, registry, gate, seen, pages, traced(settings))


def _move_out(rooms: Rooms) -> None:
    rooms.workers.stop()
    rooms.registry.close()
    if rooms.tracing is not None:
        rooms.tracing.close()
    logs.lines.flush()


def _limiters(settings: Settings, registry: Registry, clock: Clock) -> tuple[Limiter, Limiter]:
    # Minutes pass even where the settings let the organisations' clock stand.
    def seconds() -> float:
        return clock() / SECOND

    take = registry.rates.take
    recommendations = Limiter("recommendations", settings.recommendations_per_minute, take, seconds)
    return recommendations, Limiter("data", settings.data_requests_per_minute, take, seconds)
