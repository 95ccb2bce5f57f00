"""The dashboard's paths; each page adds its handlers here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath

from cobi.api import headers
from cobi.dashboard import keys, signing_in
from cobi.dashboard.assets import PREFIX
from cobi.dashboard.catalogue import handlers as catalogue
from cobi.dashboard.door import Dashboard, SignedOut
from cobi.dashboard.effectiveness import page as effectiveness
from cobi.dashboard.effectiveness import rows as effectiveness_rows
from cobi.dashboard.experiments import changing as experimenting
from cobi.dashboard.experiments import declaring
from cobi.dashboard.experiments import listing as experiment_listing
from cobi.dashboard.experiments import one as experiment
from cobi.dashboard.failing import Failures
from cobi.dashboard.models import changing, comparing, evaluating, listing, training, version
from cobi.dashboard.overview import handlers as overview
from cobi.dashboard.quality import handlers as quality
from cobi.dashboard.security import HEADERS
from cobi.dashboard.segments import handlers as segments
from cobi.dashboard.settings import changing as settings_changing
from cobi.dashboard.settings import page as settings
from cobi.dashboard.students import handlers as students
from cobi.domain.errors import CobiError

AnyRequest = Request[Any, Any, Any]

HANDLERS = [
    signing_in.form,
    signing_in.sign_in,
    signing_in.sign_out,
    signing_in.theme,
    overview.show,
    overview.now,
    overview.examine,
    listing.show,
    training.progress,
    training.train,
    training.cancel,
    evaluating.progress,
    evaluating.evaluate,
    evaluating.show,
    evaluating.cancel,
    comparing.show,
    changing.ask_to_roll_back,
    changing.roll_back,
    version.show,
    changing.ask_to_promote,
    changing.promote,
    quality.show,
    quality.mend,
    quality.retry,
    quality.ask_to_drop,
    quality.drop,
    students.search,
    students.show,
    experiment_listing.show,
    declaring.form,
    declaring.create,
    experimenting.ask_to_hold_out,
    experimenting.hold_out,
    experiment.show,
    experimenting.ask_to_start,
    experimenting.start,
    experimenting.ask_to_stop,
    experimenting.stop,
    settings.show,
    settings_changing.ask,
    settings_changing.change,
    catalogue.show,
    catalogue.one,
    segments.show,
    segments.listed,
    segments.suggested,
    segments.found,
    segments.build,
    segments.count_only,
    segments.show_gets,
    segments.save,
    segments.read,
    segments.rename,
    segments.ask_to_delete,
    segments.delete,
    keys.show,
    keys.create,
    keys.ask_to_rotate,
    keys.rotate,
    keys.ask_to_revoke,
    keys.revoke,
    effectiveness.show,
    effectiveness.table,
    effectiveness_rows.answers,
    effectiveness_rows.interactions,
    effectiveness_rows.claims,
]

_FOR_EVER = "public, max-age=31536000, immutable"


@get(PREFIX + "{name:str}")
async def asset(
    request: AnyRequest, name: FromPath[str], dashboard: NamedDependency[Dashboard]
) -> Response[bytes]:
    """A style, a script or the icon; its name changes with its content."""
    found = dashboard.assets.find(name)
    if found is None:
        raise NotFoundException
    told = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            found.compressed, media_type=found.media_type, headers={**told, "Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.media_type, headers=told)


def dashboard(stands_on: Callable[[], Dashboard]) -> Router:
    """All pages, on whatever they stand on at that moment."""
    failures = Failures(stands_on)
    return Router(
        "/",
        route_handlers=[*HANDLERS, asset],
        dependencies={"dashboard": Provide(stands_on, sync_to_thread=False)},
        before_request=_secure,
        exception_handlers={
            SignedOut: failures.signed_out,
            CobiError: failures.known,
            HTTPException: failures.framework,
            Exception: failures.unexpected,
        },
    )


async def _secure(request: AnyRequest) -> None:
    """Note the headers that every answer of the dashboard carries, whatever it will be."""
    headers.noted(request.scope).update(HEADERS)
