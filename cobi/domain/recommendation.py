"""What a recommendation answers and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
NAME = "Recommended For you"
"""The documented name of a student's own recommendation, in its documented spelling."""


@dataclass(frozen=True)
class Wanted:
    """What a caller may ask of an answer beyond whose it is."""

    limit: int = DEFAULT_LIMIT
    regions: tuple[str, ...] | None = None
    include_segments: bool = False
    explain: bool = False
    item_type: ItemType = ItemType.OFFER


@dataclass(frozen=True)
class Reason:
    """A part of an offer's score: the signal it came of, in words, and how much it added."""

    signal: str
    contribution: float
    text: str


@dataclass(frozen=True)
class Recommendation:
    """One answer, as it was logged: items best first."""

    recommendation_id: bytes
    name: str
    items: tuple[bytes, ...]
    student_id: bytes | None = None
    segment_id: bytes | None = None
    item_type: ItemType = ItemType.OFFER
    reasons: tuple[tuple[Reason, ...], ...] | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """The documented object (contract §4), with the opt-in extensions where they were asked for (D31)."""
        answer: dict[str, Any] = {"recommendation_id": format_id(self.recommendation_id), "name": self.name}
        if self.student_id is not None:
            answer["student_id"] = format_id(self.student_id)
        if self.segment_id is not None:
            answer["segment_id"] = format_id(self.segment_id)
        items = [format_id(item) for item in self.items]
        answer["offers" if self.item_type is ItemType.OFFER else "items"] = items
        answer["type"] = "SELF" if self.segment_id is None else "SEGMENT"
        if self.reasons is not None:
            answer["reasons"] = {
                item: [{"signal": r.signal, "contribution": r.contribution, "text": r.text} for r in reasons]
                for item, reasons in zip(items, self.reasons, strict=True)
            }
        return answer
