"""Who calls, and whether they may (contract §1)."""

from __future__ import annotations

from typing import Any

from litestar import Request

from cobi.api import headers
from cobi.api.answers import run, run_at_gate, run_counting
from cobi.api.caller import note
from cobi.api.limits import Limiter, enforce
from cobi.domain.errors import Forbidden, Unauthorized
from cobi.service.own_limits import Chosen
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.api_keys import ApiKey

_SCHEME = "bearer"


class Gate:
    """Lets a caller with the right key through to their organisation's service."""

    def __init__(self, registry: Registry, recommendations: Limiter, data: Limiter) -> None:
        self.registry = registry
        self._recommendations = recommendations
        self._data = data

    @property
    def allowed(self) -> tuple[int, int]:
        """What the server allows a key in a minute, recommendations and other requests; 0 = unlimited."""
        return self._recommendations.limit(), self._data.limit()

    async def admit(self, request: Request[Any, Any, Any], scope: str) -> Service:
        """The caller's service; raises Unauthorized, Forbidden or TooManyRequests."""
        return await self.admit_with(request.scope, request.headers.get("authorization", ""), scope)

    async def admit_with(self, state: Any, authorization: str, scope: str) -> Service:
        """The service of whoever sends this header; `state` is the request's ASGI scope."""
        return await self.let_in(state, await self._presented(authorization), scope)

    async def recognise(self, request: Request[Any, Any, Any], scope: str) -> ApiKey:
        """The caller's key; raises as `admit` does."""
        key = await self._presented(request.headers.get("authorization", ""))
        await self.let_in(request.scope, key, scope)
        return key

    async def let_in(self, state: Any, key: ApiKey, scope: str, *, own_limit: bool = True) -> Service:
        """Let a request through that comes with this key, to its service; raises Forbidden or TooManyRequests.

        Without `own_limit` only the server's limit holds, not what the organisation has chosen for itself.
        """
        note(state, key)
        if scope not in key.scopes and "admin" not in key.scopes:
            held = ", ".join(sorted(key.scopes))
            raise Forbidden(
                f"this key lacks the scope {scope}; it has {held}", hint="use or create a key with it"
            )
        service = self.registry.at_hand(key.organisation) or await run(self.registry.of, key.organisation)
        await self._count(state, key, scope, service if own_limit else None)
        return service

    async def _presented(self, authorization: str) -> ApiKey:
        key = await self._key(_bearer(authorization))
        if key is None:
            raise Unauthorized("Invalid or missing API key", hint="send Authorization: Bearer KEY")
        return key

    async def _key(self, presented: str) -> ApiKey | None:
        keys = self.registry.keys
        try:
            # Most keys are remembered; a thread is for what waits for the database.
            return keys.remembered(presented)
        except LookupError:
            return await run_at_gate(keys.authenticate, presented)

    async def _count(self, state: Any, key: ApiKey, scope: str, chooses: Service | None) -> None:
        chosen = Chosen(0, 0)
        if chooses is not None:
            limits = chooses.settings.limits
            chosen = limits.remembered() or await run_at_gate(limits.look)
        if scope == "recommend":
            limiter, own = self._recommendations, chosen.recommendations
        else:
            limiter, own = self._data, chosen.data
        if not limiter.limit(own):
            return
        quota = limiter.count_from_hand(key.key, own) or await run_counting(limiter.count, key.key, own)
        if quota is not None:
            headers.noted(state).update(quota.headers())
        enforce(quota)


def _bearer(header: str) -> str:
    scheme, _, key = header.partition(" ")
    if scheme.lower() != _SCHEME or not key.strip():
        raise Unauthorized("Invalid or missing API key", hint="send Authorization: Bearer KEY")
    return key.strip()
