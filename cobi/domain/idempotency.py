"""A request that is to be done once however often it is sent, and the answer it gets each time."""

from __future__ import annotations

from dataclasses import dataclass

from cobi.domain.moments import DAY

KEPT = DAY
"""For how long an answer is given again, in microseconds."""


@dataclass(frozen=True)
class Once:
    """What a caller names a request by, and a digest of all that the request says."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Answer:
    """What a request is answered: an HTTP status and JSON; `replayed` when it was given before."""

    status: int
    body: bytes
    replayed: bool = False
