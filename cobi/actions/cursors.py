"""Where a page ended, as an opaque text that a client hands back for the next one."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec

from cobi.domain.errors import InvalidRequest

# Whoever makes up a cursor must not reach the database with what it cannot hold.
Key = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A row's key in a cursor's shape."""


def encode(position: Any) -> str:
    """The text of a position."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def decode(cursor: str, shape: Any) -> Any:
    """The position of a text, in this shape; raises InvalidRequest."""
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise InvalidRequest(
            "cursor is not one that this list gave",
            code="malformed_cursor",
            hint="begin again without a cursor",
        ) from None
