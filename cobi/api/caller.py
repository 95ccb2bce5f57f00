"""Who a request turned out to come from, noted for its line in the log and its metrics."""

from __future__ import annotations

from typing import Any

from cobi.store.api_keys import ApiKey

_STATE = "cobi_caller"


def note(scope: Any, key: ApiKey) -> None:
    """Remember the key that a request was let in with."""
    scope.setdefault("state", {})[_STATE] = key


def caller_of(scope: Any) -> ApiKey | None:
    """The key that a request was let in with."""
    return scope.get("state", {}).get(_STATE)
