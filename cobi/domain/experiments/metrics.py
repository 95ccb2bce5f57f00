"""What is measured of every student of an arm since the first answer, whether or not it came of an answer.

Each metric is declared once, here, as columns of `exposures`.
"""

from __future__ import annotations

from dataclasses import dataclass

COUNTS = (
    "interactions",
    "code_reveals",
    "purchases",
    "amount",
    "savings",
    "active_days",
    "returned",
    "shown",
    "clicked",
)
"""What is added up of each student by day; money in thousandths."""

BEFORE = ("interactions", "code_reveals", "purchases", "amount", "savings")
"""What is also known of the weeks before the first answer, to make figures surer by (CUPED)."""

DAYS_BEFORE = 28
RETURNED_AFTER_DAYS = 7


@dataclass(frozen=True)
class Metric:
    """A figure per student, or per `per`; `covariate` is a count of the weeks before. `scale` divides what is told."""

    name: str
    meaning: str
    outcome: str
    per: str | None = None
    covariate: str | None = None
    scale: int = 1
    whether: bool = False
    """Whether a student counts once, if there was any, in place of how often."""


METRICS = {
    metric.name: metric
    for metric in (
        Metric("code_reveals", "Codes revealed, per student.", "code_reveals", covariate="code_reveals"),
        Metric("interactions", "All interactions, per student.", "interactions", covariate="interactions"),
        Metric("purchases", "Transactions, per student.", "purchases", covariate="purchases"),
        Metric("amount", "Money spent, per student.", "amount", covariate="amount", scale=1000),
        Metric("savings", "Money saved, per student.", "savings", covariate="savings", scale=1000),
        Metric(
            "active_days", "Days on which a student did something.", "active_days", covariate="interactions"
        ),
        Metric(
            "retention",
            f"The share of students who did something {RETURNED_AFTER_DAYS} days or more after the first answer.",
            "returned",
            covariate="interactions",
            whether=True,
        ),
        Metric(
            "click_through",
            "The share of impressions with an attributed interaction.",
            "clicked",
            per="shown",
        ),
    )
}
"""All metrics by name."""
