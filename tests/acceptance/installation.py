"""A data directory to start a real server on."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from cobi.config.settings import Settings
from cobi.server.address import free_port
from cobi.server.background import HOST, Background, start
from cobi.service.registry import SCOPES, Registry
from tests.factories import upload_all

PATIENCE = 60


@dataclass(frozen=True)
class Installation:
    """Where the data of an organisation "campus" lies, and a key with every scope."""

    settings: Settings
    key: str

    def start(self, port: int | None = None, **settings: object) -> Background:
        """A server on it, without rate limits; no `port` means any free one."""
        chosen = {"recommendations_per_minute": 0, "database_url": self.settings.database_url, **settings}
        return start(self.settings.data, port or free_port(HOST), chosen)

    def client(self, server: Background) -> httpx.Client:
        """A caller of this server."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE)


def install(settings: Settings) -> Installation:
    """Make an installation with one record of each type."""
    registry = Registry(settings)
    key = registry.create_key("campus", frozenset(SCOPES))
    upload_all(registry.named("campus"))
    registry.close()
    return Installation(settings, key)
