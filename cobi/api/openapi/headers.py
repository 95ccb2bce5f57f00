"""The headers of answers."""

from __future__ import annotations

from cobi.api.headers import REQUEST_ID
from cobi.api.openapi.schemas import UUID, Schema

_QUOTA = {
    "RateLimit": ('"minute";r=999;t=60', "What is left to the key, and in how many seconds it begins anew."),
    "RateLimit-Policy": ('"minute";q=1000;w=60', "How much the key may send in a window of so many seconds."),
}


def headers() -> Schema:
    """All headers by name."""
    text: Schema = {"type": "string"}
    limits = {
        name: {"description": meaning, "schema": text, "example": example}
        for name, (example, meaning) in _QUOTA.items()
    }
    whole: Schema = {"type": "integer", "minimum": 1}
    return {
        REQUEST_ID: {
            "description": "Names the request in the server's log and in quarantine.",
            "required": True,
            "schema": UUID,
        },
        **limits,
        "Retry-After": {"description": "In seconds.", "required": True, "schema": whole},
    }


def _reference(name: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"}}


ANSWERED: Schema = _reference(REQUEST_ID)
"""What every answer carries."""

REFUSED: Schema = {**ANSWERED, **_reference("RateLimit"), **_reference("RateLimit-Policy")}
"""What an answer of an operation that needs a key may carry."""

RETRY: Schema = _reference("Retry-After")
