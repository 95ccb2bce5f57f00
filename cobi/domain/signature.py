"""Recommendation ids that verify themselves: who holds the secret tells its own from made-up ones without a look-up.

An id is a UUIDv8 (RFC 9562 §5.8): 48 bits of milliseconds, 42 random bits, and in its last four bytes a tag of the
twelve before it, BLAKE2b keyed with the organisation's secret. A guess is right once in 2³² times.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cobi.domain.identifiers import MAX_MILLISECONDS, TAIL_BYTES, Id, recommendation_id

SECRET_BYTES = 32
_TAG_BYTES = 4
_TIME_BYTES = 6
_VERSION_BYTE, _VERSION_8 = 6, 0x80


@dataclass(frozen=True)
class Signature:
    """A secret, and the moment since when all ids carry its tag."""

    secret: bytes = field(repr=False)
    made: int

    def new_id(self, microseconds: int) -> Id:
        """An id of that time that nobody else can make."""
        body = recommendation_id(microseconds, os.urandom(TAIL_BYTES))[:-_TAG_BYTES]
        return Id(body + self._tag(body))

    def signed(self, identifier: bytes) -> bool:
        """Whether this secret made the id."""
        body, tag = identifier[:-_TAG_BYTES], identifier[-_TAG_BYTES:]
        return hmac.compare_digest(tag, self._tag(body))

    def forged(self, identifier: bytes) -> bool:
        """Whether nobody here can have given the id: neither with the tag, nor before there were tags."""
        if self.signed(identifier):
            return False
        milliseconds = int.from_bytes(identifier[:_TIME_BYTES], "big")
        early = milliseconds < min(self.made // 1000, MAX_MILLISECONDS)
        return not (early and identifier[_VERSION_BYTE] & 0xF0 == _VERSION_8)

    def _tag(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=_TAG_BYTES, key=self.secret).digest()


def new_signature(now: int) -> Signature:
    """A new secret."""
    return Signature(os.urandom(SECRET_BYTES), now)
