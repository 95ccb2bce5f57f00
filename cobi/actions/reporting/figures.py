"""The figures of some answers, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cobi.analytics.intervals import wilson
from cobi.domain.interaction import InteractionType
from cobi.domain.reports import Question

EVERYTHING = Question()
_THOUSAND = 1000


@dataclass
class Figures:
    """Counts of some answers. An impression is one item shown; it is clicked when at least one interaction is
    attributed to it, revealed when one of them is a DISCOUNT_CODE. Money in thousandths.
    """

    answers: int = 0
    impressions: int = 0
    clicked: int = 0
    revealed: int = 0
    attributed: list[int] = field(default_factory=lambda: [0] * len(InteractionType))
    conversions: int = 0
    amount: int = 0
    savings: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing was counted."""
        return not (self.answers or self.clicked or self.conversions or any(self.attributed))

    def add_answers(self, answers: int, shown: int, position: int | None) -> None:
        """Count answers that showed so many items each; of a position only those that reached it."""
        if position is None:
            self.answers += answers
            self.impressions += answers * shown
        elif shown >= position:
            self.answers += answers
            self.impressions += answers

    def add_clicks(self, counted: tuple[int, ...]) -> None:
        """Count what came, in the order of the columns of CLICKS."""
        clicked, revealed, *events, conversions, amount, savings = counted
        self.clicked += clicked
        self.revealed += revealed
        self.attributed = [known + more for known, more in zip(self.attributed, events, strict=True)]
        self.conversions += conversions
        self.amount += amount
        self.savings += savings

    def add(self, other: Figures) -> None:
        """Count what others count."""
        self.answers += other.answers
        self.impressions += other.impressions
        worth = (*other.attributed, other.conversions, other.amount, other.savings)
        self.add_clicks((other.clicked, other.revealed, *worth))

    def as_json(self, question: Question = EVERYTHING) -> dict[str, Any]:
        """Counts, and rates per impression with their 95 % Wilson intervals, where impressions can be counted."""
        known = question.of_answers
        return {
            "answers": self.answers if known else None,
            "impressions": self.impressions if known else None,
            "clicked_impressions": self.clicked if known else None,
            "revealed_impressions": self.revealed if known else None,
            **self.worth_as_json(),
            "click_through_rate": rate(self.clicked, self.impressions) if known else None,
            "code_reveal_rate": rate(self.revealed, self.impressions) if known else None,
        }

    def worth_as_json(self) -> dict[str, Any]:
        """What came of the answers."""
        return {
            "attributed": {kind.name: self.attributed[kind.value - 1] for kind in InteractionType},
            "conversions": self.conversions,
            "amount": self.amount / _THOUSAND,
            "savings": self.savings / _THOUSAND,
        }


def rate(part: int, whole: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval."""
    low, high = wilson(part, whole)
    return {"value": part / whole if whole else None, "low": low, "high": high}
