"""What a recommendation answers and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cobi.domain.identifiers import format_id, format_known_id
from cobi.domain.interaction import ItemType, Platform

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
MAX_OFFSET = 1000
MOST_EXCLUDED = 100
SIMILAR_NAME = "Similar offers"
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
    offset: int = 0
    exclude: tuple[bytes, ...] = ()
    platform: Platform | None = None
    city: str | None = None
    continues: bytes | None = None
    """The answer whose next page is wanted."""

    @property
    def plain(self) -> bool:
        """Whether one list, without reasons and from its beginning, is all."""
        return not (self.include_segments or self.explain or self.offset or self.continues)


@dataclass(frozen=True)
class Reason:
    """A part of an offer's score: the signal it came of, in words, and how much it added."""

    signal: str
    contribution: float
    text: str

    def as_json(self) -> dict[str, Any]:
        """As every answer with reasons has it."""
        return {"signal": self.signal, "contribution": self.contribution, "text": self.text}


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
    similar_to: bytes | None = None

    @property
    def kind(self) -> str:
        """Whose list it is: SELF, SEGMENT, or SIMILAR to an offer."""
        if self.similar_to is not None:
            return "SIMILAR"
        return "SELF" if self.segment_id is None else "SEGMENT"

    def as_json(self) -> dict[str, Any]:
        """The documented object (contract §4), with the opt-in extensions where they were asked for (D31)."""
        answer: dict[str, Any] = {"recommendation_id": format_id(self.recommendation_id), "name": self.name}
        if self.student_id is not None:
            answer["student_id"] = format_id(self.student_id)
        if self.segment_id is not None:
            answer["segment_id"] = format_id(self.segment_id)
        if self.similar_to is not None:
            answer["item_id"] = format_id(self.similar_to)
        items = [format_known_id(item) for item in self.items]
        answer["offers" if self.item_type is ItemType.OFFER else "items"] = items
        answer["type"] = self.kind
        if self.reasons is not None:
            answer["reasons"] = {
                item: [reason.as_json() for reason in reasons]
                for item, reasons in zip(items, self.reasons, strict=True)
            }
        return answer
