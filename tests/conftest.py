"""Fixtures for all tests: the organisation "campus" in an installation of its own, a clock to set, ways in.

Tests run on SQLite; where a folder's conftest gives `backend` a second value, on PostgreSQL too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.server.application import Application, create_application
from cobi.service.registry import SCOPES, Registry
from cobi.service.service import Service
from cobi.store.database import Database
from tests import compiled_once
from tests.factories import NOON, upload_all
from tests.postgresql import create_database, running_server
from tests.reused_database import ReusedDatabase

compiled_once.install()

CAMPUS = "campus"
SHARED = property_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
)
"""For properties of a database that all examples share: each one starts where the one before it ended."""

TEMPLATE = "template"
"""The name of the PostgreSQL database that tests' own are copies of."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: a fifth of the time a test waits for a server to start or to stop."""
    return (os.cpu_count() or 1) + 1


@dataclass
class SettableClock:
    """Stands still until a test moves it; microseconds since 1970."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now

    def advance(self, microseconds: int) -> None:
        self.now += microseconds


@dataclass(frozen=True)
class Template:
    """An empty installation to copy, and the key of its organisation's caller."""

    settings: Settings
    key: str


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return _template(Settings(data=tmp_path_factory.mktemp("template")))


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Template:
    url = create_database(postgresql, TEMPLATE)
    return _template(Settings(data=tmp_path_factory.mktemp("none"), database_url=url))


@pytest.fixture
def template(backend: str, request: pytest.FixtureRequest) -> Template:
    return request.getfixturevalue(f"{backend}_template")


@pytest.fixture
def key(template: Template) -> str:
    """A key of the campus with every scope."""
    return template.key


@pytest.fixture(scope="session")
def reused(postgresql: str, postgresql_template: Template) -> ReusedDatabase:
    assert postgresql_template.settings.database_url
    return ReusedDatabase(postgresql, TEMPLATE)


@pytest.fixture
def settings(
    backend: str, template: Template, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """An installation of the test's own with an empty organisation in it."""
    if backend == "sqlite":
        data = shutil.copytree(template.settings.data, tmp_path / "data")
        yield replace(template.settings, data=data)
        return
    reused: ReusedDatabase = request.getfixturevalue("reused")
    yield replace(template.settings, database_url=reused.lend())
    reused.take_back()


@pytest.fixture
def registry(settings: Settings, clock: SettableClock) -> Iterator[Registry]:
    registry = Registry(settings, clock)
    yield registry
    registry.close()


@pytest.fixture
def service(registry: Registry) -> Service:
    return registry.named(CAMPUS)


@pytest.fixture
def campus(service: Service) -> Service:
    """The service with one minimal record of each type."""
    upload_all(service)
    return service


@pytest.fixture
def database(service: Service) -> Database:
    return service._core.database


@pytest.fixture
def client(settings: Settings, clock: SettableClock, key: str) -> Iterator[TestClient]:
    """A caller with every scope of an application in this process."""
    with TestClient(application_on(settings, clock), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


_application: Application | None = None


def application_on(settings: Settings, clock: SettableClock) -> Application:
    """An application on these settings; one after another they are the same, for to make one takes longest."""
    global _application  # noqa: PLW0603 (each process has one)
    if settings.max_body_bytes != Settings().max_body_bytes:
        return create_application(settings, clock)
    if _application is None:
        _application = create_application(settings, clock)
    else:
        _application.move_in(settings, clock)
    return _application


def _template(settings: Settings) -> Template:
    registry = Registry(replace(settings, recommendations_per_minute=0), lambda: NOON)
    key = registry.create_key(CAMPUS, frozenset(SCOPES))
    registry.named(CAMPUS)
    registry.close()
    return Template(registry.settings, key)
