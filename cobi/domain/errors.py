"""The few ways a request can fail; each has one stable code, and `api.errors` gives each its HTTP status.

CobiError
├── InvalidRequest      the request as a whole cannot be understood
├── RejectedRecord      a single record was understood and refused
├── Unauthorized        no key, or a key nobody knows
├── Forbidden           the key lacks the scope
├── NotFound            no such type, record, student, segment, model …
├── Conflict            it contradicts what is stored
├── IdempotencyKeyReused  the key named another request before
├── PayloadTooLarge     more bytes than the settings allow
├── UnsupportedMedia    not JSON
├── TooManyRequests     the key's rate limit is used up
├── Overloaded          the writer's queue is full; nothing was stored
├── StorageUnavailable  the databases cannot be used right now
└── Misconfigured       settings or data directory cannot work
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class CobiError(Exception):
    """An error a caller can understand: a code, a sentence, and a hint where one helps."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class InvalidRequest(CobiError):
    """The request as a whole cannot be understood."""

    code = "invalid_request"


class RejectedRecord(CobiError):
    """A single record was understood and refused; `errors` says why, field by field."""

    code = "rejected_record"

    def __init__(self, errors: Sequence[dict[str, Any]], *, hint: str | None = None) -> None:
        first = errors[0]
        super().__init__(first["message"], code=first["code"], hint=hint)
        self.errors = list(errors)


class Unauthorized(CobiError):
    """No key, or a key nobody knows."""

    code = "unauthorized"


class Forbidden(CobiError):
    """The key is known but lacks the scope."""

    code = "forbidden"


class NotFound(CobiError):
    """What the request names does not exist in this organisation."""

    code = "not_found"


class Conflict(CobiError):
    """The request contradicts what is stored."""

    code = "conflict"


class IdempotencyKeyReused(CobiError):
    """The Idempotency-Key came with another request before; nothing of this one was done."""

    code = "idempotency_key_reused"


class PayloadTooLarge(CobiError):
    """More bytes than the settings allow."""

    code = "payload_too_large"


class UnsupportedMedia(CobiError):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"


class TooManyRequests(CobiError):
    """The key's rate limit is used up; `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, hint=f"wait {retry_after} s and send it again")
        self.retry_after = retry_after


class Overloaded(CobiError):
    """Too much is waiting to be written; nothing of this request was stored."""

    code = "overloaded"
    retry_after = 1


class StorageUnavailable(CobiError):
    """The databases cannot be used right now: unreachable, locked by others for too long, or out of space."""

    code = "unavailable"
    retry_after = 5

    # After a connection is lost in the middle of a commit, nobody can say whether it took effect.
    _AGAIN = "send it again after Retry-After seconds; a record is never stored twice"

    def __init__(self, message: str = "the storage cannot be used right now", *, hint: str = _AGAIN) -> None:
        super().__init__(message, hint=hint)

    @classmethod
    def not_begun(cls) -> StorageUnavailable:
        """A write whose turn did not come in time."""
        return cls("the database did not take the write in time; nothing was stored")


class Misconfigured(CobiError):
    """The settings or the data directory cannot work as they are."""

    code = "misconfigured"
