"""Runs the application in granian's worker processes until somebody asks it to stop.

On SIGTERM or SIGINT each worker finishes the requests it has begun, then its writers drain.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from granian import Granian, loops
from granian.constants import Interfaces
from granian.log import LogLevels
from litestar import Litestar

from cobi.config.settings import Settings
from cobi.metrics.metrics import Metrics
from cobi.server import pace, stopping
from cobi.server.address import answers, refuse_taken, url_of
from cobi.server.application import create_application
from cobi.server.tracing import require
from cobi.service.installation import migrate_all

_STOP_WITHIN_SECONDS = 60
_GLANCE_SECONDS = 0.05


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` hears the address as soon as it answers."""
    refuse_taken(settings.host, settings.port)
    # What is wrong with any of the data is better said here than in every worker.
    migrate_all(settings)
    require(settings)
    loops.register("auto")(stopping.event_loop)
    server = Granian(
        "cobi",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_WITHIN_SECONDS,
    )
    threading.Thread(target=_announce_when_up, args=(server, settings, announce), daemon=True).start()
    os.register_at_fork(after_in_child=stopping.end_at_once)
    with TemporaryDirectory(prefix="cobi-metrics-") as sheets:
        loader = partial(_application, settings, Path(sheets), os.getpid())
        server.serve(target_loader=loader, wrap_loader=False)


def _application(settings: Settings, sheets: Path, parent: int) -> Litestar:
    """What a worker serves; made in the worker."""
    threading.Thread(target=stopping.stop_without, args=(parent,), daemon=True).start()
    application = create_application(settings, metrics=Metrics(sheets))
    pace.settle()
    return application


class _Manager(Protocol):
    """What of granian's server tells that its workers have been started."""

    wrks: Sequence[object]


def _announce_when_up(server: _Manager, settings: Settings, announce: Callable[[str], None]) -> None:
    # A worker may be forked from this process, so nothing that takes a lock happens before all of them run.
    while len(server.wrks) < settings.workers:
        time.sleep(_GLANCE_SECONDS)
    while not answers(settings.host, settings.port):
        time.sleep(_GLANCE_SECONDS)
    announce(url_of(settings.host, settings.port))
