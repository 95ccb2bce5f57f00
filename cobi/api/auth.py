"""Who calls, and whether they may (contract §1)."""

from __future__ import annotations

from typing import Any

from litestar import Request

from cobi.api import headers
from cobi.api.caller import note
from cobi.api.limits import Limiter, enforce
from cobi.domain.errors import Forbidden, Unauthorized
from cobi.service.registry import Registry
from cobi.service.service import Service

_SCHEME = "bearer"


class Gate:
    """Lets a caller with the right key through to their organisation's service."""

    def __init__(self, registry: Registry, recommendations: Limiter, data: Limiter) -> None:
        self._registry = registry
        self._recommendations = recommendations
        self._data = data

    def admit(self, request: Request[Any, Any, Any], scope: str) -> Service:
        """The caller's service; raises Unauthorized, Forbidden or TooManyRequests."""
        key = self._registry.authenticate(_bearer(request.headers.get("authorization", "")))
        if key is None:
            raise Unauthorized("Invalid or missing API key", hint="send Authorization: Bearer KEY")
        note(request.scope, key)
        if scope not in key.scopes and "admin" not in key.scopes:
            held = ", ".join(sorted(key.scopes))
            raise Forbidden(
                f"this key lacks the scope {scope}; it has {held}", hint="use or create a key with it"
            )
        limiter = self._recommendations if scope == "recommend" else self._data
        quota = limiter.count(key.key)
        if quota is not None:
            headers.noted(request.scope).update(quota.headers())
        enforce(quota)
        return self._registry.of(key.organisation)


def _bearer(header: str) -> str:
    scheme, _, key = header.partition(" ")
    if scheme.lower() != _SCHEME or not key.strip():
        raise Unauthorized("Invalid or missing API key", hint="send Authorization: Bearer KEY")
    return key.strip()
