"""A fresh installation on either database, with a server that runs."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cobi.config.settings import Settings
from cobi.server.background import Background
from tests.acceptance.installation import Installation, install
from tests.postgresql import Server, create_database, restartable_server

DATABASES = ("sqlite", "postgresql")


@contextmanager
def installed(database: str) -> Generator[tuple[Installation, Server | None]]:
    """An installation, and its PostgreSQL where it has one; a durable one, as in production."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        if database == "sqlite":
            yield install(Settings(data=data)), None
            return
        postgresql = stack.enter_context(restartable_server(durable=True))
        url = create_database(postgresql.url, "soak")
        yield install(Settings(data=data, database_url=url)), postgresql


@contextmanager
def target(database: str, **settings: object) -> Generator[tuple[Installation, Background]]:
    """An installation and its server."""
    with installed(database) as (installation, _):
        server = installation.start(None, **settings)
        try:
            yield installation, server
        finally:
            server.stop()
