"""Where an import's records go, and what it tells of them; a server is one of `remote`'s."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cobi.domain.batch import describe
from cobi.domain.record_type import RecordType

if TYPE_CHECKING:
    from cobi.service.service import Service


class Unreachable(Exception):
    """A destination that takes no more records."""


@dataclass(frozen=True)
class Refusal:
    """A refused record: its place among those sent, its body, and the reasons as the API tells them."""

    index: int
    body: bytes
    errors: list[dict[str, Any]]


@dataclass
class Sent:
    """What became of some records."""

    received: int = 0
    stored: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    warnings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class Destination(Protocol):
    """What takes records."""

    @property
    def name(self) -> str:
        """Tells it from other destinations."""
        ...

    def send(self, record_type: RecordType, bodies: Sequence[bytes]) -> Sent:
        """Have records stored; returns when they are, or raises Unreachable."""
        ...


@dataclass(frozen=True)
class Database:
    """An organisation of this installation."""

    name: str
    service: Service

    def send(self, record_type: RecordType, bodies: Sequence[bytes]) -> Sent:
        """Store records, all in one transaction."""
        result = self.service.upload(record_type, bodies, str(uuid.uuid4()))
        refusals = [
            Refusal(one.index, one.body, [describe(problem) for problem in one.problems])
            for one in result.rejections
        ]
        return Sent(result.received, result.stored, result.unchanged, refusals, result.warnings)
