"""Ids that only have to differ: of requests and batches."""

from __future__ import annotations

import random

_VERSION_4 = 0x4 << 76 | 0b10 << 62
_FIXED_BITS = 0xF << 76 | 0b11 << 62


def random_id() -> str:
    """A UUIDv4 in text, without asking the system for it: that would hand the interpreter over each time."""
    # The module's generator is seeded by the system in each process, after a fork too.
    text = f"{random.getrandbits(128) & ~_FIXED_BITS | _VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
