"""Identifiers are 16 bytes inside and lower-case dashed text outside (D10)."""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from typing import NewType

Id = NewType("Id", bytes)
"""A UUID as its 16 bytes, big-endian (RFC 9562 §4)."""

_DASHED_LENGTH = 36
_BYTES = 16
MAX_MILLISECONDS = (1 << 48) - 1
TAIL_BYTES = 10
TIME_BYTES = _BYTES - TAIL_BYTES
# The version's nibble and the variant's two bits.
_FIXED_BITS = 0xF << 76 | 0b11 << 62
_VERSION_8 = 0x8 << 76 | 0b10 << 62


def parse_id(text: str) -> Id | None:
    """Read a UUID in its usual text forms (dashes or not, any case, any version); None if it is none."""
    if len(text) == _DASHED_LENGTH and text[8] == text[13] == text[18] == text[23] == "-":
        # A dash anywhere else leaves it too short.
        text = text.replace("-", "")
    if len(text) != 2 * _BYTES:
        return None
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    # `fromhex` skips blanks, so a short result means there were some.
    return Id(raw) if len(raw) == _BYTES else None


def format_id(identifier: bytes) -> str:
    """Write 16 bytes as lower-case text with dashes."""
    text = identifier.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@lru_cache(maxsize=65_536)
def format_known_id(identifier: bytes) -> str:
    """The same, kept in memory: for ids that are written again and again, as those of offers are."""
    return format_id(identifier)


def content_id(microseconds: int, content: bytes) -> Id:
    """A UUIDv8 (RFC 9562 §5.8) of a time and a content: 48 bits of milliseconds, then 74 bits of BLAKE2b."""
    return _uuid8(microseconds, hashlib.blake2b(content, digest_size=TAIL_BYTES).digest())


def first_id(microseconds: int) -> Id:
    """What no id of that millisecond or a later one lies below, and every earlier one does."""
    milliseconds = min(max(microseconds // 1000, 0), MAX_MILLISECONDS)
    return Id((milliseconds << 80).to_bytes(_BYTES, "big"))


def recommendation_id(microseconds: int, entropy: bytes) -> Id:
    """A UUIDv8 of an answer's time and 10 random bytes: ids sort by time and cannot be guessed."""
    return _uuid8(microseconds, entropy)


def derived_id(kind: str, *parts: bytes) -> Id:
    """A UUIDv5-style id of what a record joins, for records that come without an id of their own (D15)."""
    return Id(uuid.uuid5(uuid.NAMESPACE_OID, "/".join([kind, *(part.hex() for part in parts)])).bytes)


def _uuid8(microseconds: int, tail: bytes) -> Id:
    milliseconds = min(max(microseconds // 1000, 0), MAX_MILLISECONDS)
    bits = milliseconds << 80 | int.from_bytes(tail, "big")
    return Id((bits & ~_FIXED_BITS | _VERSION_8).to_bytes(_BYTES, "big"))
