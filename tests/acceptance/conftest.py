"""A real server, as it is started by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cobi.config.settings import Settings
from cobi.server.background import Background, background
from cobi.service.registry import SCOPES, Registry
from tests.factories import upload_all


@dataclass(frozen=True)
class Installation:
    """A data directory with the campus, one record of each type in it, and a key."""

    data: Path
    key: str


def install(data: Path) -> Installation:
    """Make an installation with one record of each type."""
    registry = Registry(Settings(data=data))
    key = registry.create_key("campus", frozenset(SCOPES))
    upload_all(registry.named("campus"))
    registry.close()
    return Installation(data, key)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Background]:
    with background(installation.data) as running:
        yield running


@pytest.fixture
def caller(server: Background, installation: Installation) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {installation.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client
