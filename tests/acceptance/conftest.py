"""A real server, as it is started by hand, on each database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from cobi.config.settings import Settings
from cobi.server.background import Background
from tests.acceptance.failing import Start
from tests.acceptance.installation import Installation, install
from tests.postgresql import create_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    settings = Settings(data=tmp_path_factory.mktemp("installation"))
    if request.param == "postgresql":
        # A worker may come back to a module it has left, so the name is never the same twice.
        url = create_database(request.getfixturevalue("postgresql"), f"acceptance_{uuid.uuid4().hex}")
        settings = Settings(data=settings.data, database_url=url)
    return install(settings)


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Background]:
    running = installation.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def caller(server: Background, installation: Installation) -> Iterator[httpx.Client]:
    with closing(installation.client(server)) as client:
        yield client


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a server on an installation, and a caller of it; both end with the test."""
    with ExitStack() as stack:

        def start(installation: Installation, **settings: Any) -> tuple[Background, httpx.Client]:
            server = installation.start(**settings)
            stack.callback(server.stop)
            return server, stack.enter_context(closing(installation.client(server)))

        yield start
