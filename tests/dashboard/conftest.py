"""The dashboard as a browser meets it, in this process: cookies are kept, redirects are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from cobi.config.settings import Settings
from cobi.service.service import Service
from tests.conftest import CAMPUS, SettableClock, application_on


@dataclass
class Person:
    """Somebody with a browser."""

    client: TestClient

    def get(self, path: str, **more: Any) -> Response:
        """Open a page, without going on where it leads elsewhere."""
        return self.client.get(path, follow_redirects=False, **more)

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Response:
        """Send a form."""
        return self.client.post(path, data=fields, headers=headers or {}, follow_redirects=False)

    def sign_in(self, key: str, **fields: str) -> Response:
        """Sign in with a key."""
        return self.send("/sign-in", None, key=key, **fields)


@pytest.fixture
def stranger(settings: Settings, clock: SettableClock) -> Iterator[Person]:
    """Somebody who is not signed in."""
    with TestClient(application_on(settings, clock), raise_server_exceptions=False) as client:
        yield Person(client)


@pytest.fixture
def person(stranger: Person, key: str) -> Person:
    """Somebody who is signed in with a key of every scope."""
    assert stranger.sign_in(key).status_code == 303
    return stranger


@pytest.fixture
def service(stranger: Person) -> Service:
    """The service behind the pages."""
    return stranger.client.app.dependencies["gate"].dependency().registry.named(CAMPUS)
