"""What an upload answers: how many records were stored, unchanged and refused, and why (contract §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cobi.domain.record_type import Problem

MAX_RECORDS = 5000
"""The most records one request may carry (D7)."""

MAX_ERRORS_SHOWN = 100
"""The most errors an answer lists; quarantine has them all (D6)."""

Status = Literal["success", "partial", "error"]


@dataclass(frozen=True)
class Rejection:
    """A refused record: its place in the request, its body as sent, and every reason."""

    index: int
    body: bytes
    problems: tuple[Problem, ...]


@dataclass
class BatchResult:
    """The outcome of one batch; `received = stored + unchanged + len(rejections)`."""

    type: str
    received: int
    request_id: str
    batch_id: str
    stored: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list[Rejection])
    warnings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def rejected(self) -> int:
        """How many records were refused."""
        return len(self.rejections)

    @property
    def status(self) -> Status:
        """All stored, some, or none."""
        if not self.rejections:
            return "success"
        return "error" if self.rejected == self.received else "partial"

    @property
    def http_status(self) -> int:
        """The number in `batches[]`, which the HTTP status line repeats (D4)."""
        return {"success": 200, "partial": 207, "error": 400}[self.status]

    def envelope(self) -> dict[str, Any]:
        """The documented answer."""
        batch = {"batch": 1, "status": self.http_status, "data": self._data()}
        return {"request_id": self.request_id, "type": self.type, "batches": [batch]}

    def _data(self) -> dict[str, Any]:
        kept = self.stored + self.unchanged
        return {
            "status": self.status,
            "type": self.type,
            "message": f"{kept} stored, {self.rejected} rejected",
            "request_id": self.request_id,
            "batch_id": self.batch_id,
            "error": f"{self.rejected} of {self.received} records rejected" if self.rejections else None,
            "received": self.received,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "errors": self.errors(),
            "warnings": self.warnings,
        }

    def errors(self) -> list[dict[str, Any]]:
        """The first errors, each with the index of its record."""
        listed = (
            {"index": rejection.index, **describe(problem)}
            for rejection in self.rejections
            for problem in rejection.problems
        )
        return [error for _, error in zip(range(MAX_ERRORS_SHOWN), listed, strict=False)]


def describe(problem: Problem) -> dict[str, Any]:
    """A problem as answers and quarantine show it."""
    return {"field": problem.field, "code": problem.code, "message": problem.message, "value": problem.value}


def codes(problems: Sequence[Problem]) -> str:
    """The distinct reason codes, comma-separated, as quarantine is filtered by."""
    return ",".join(dict.fromkeys(problem.code for problem in problems))
