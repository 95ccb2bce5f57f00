"""What became of records and answers, counted after it has become durable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from cobi.actions.ingesting.post import Posted
from cobi.actions.recommending.recommend import Answer
from cobi.domain.batch import BatchResult
from cobi.domain.interaction import Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.metrics.families import ANSWERS, ATTRIBUTIONS, RECORDS
from cobi.metrics.metrics import Meter


def count_batch(meter: Meter, result: BatchResult) -> None:
    """Count a batch's records by outcome."""
    outcomes = {"stored": result.stored, "unchanged": result.unchanged, "rejected": result.rejected}
    for outcome, records in outcomes.items():
        if records:
            meter.count(RECORDS, result.type, outcome, amount=records)


def count_post(meter: Meter, posted: Posted) -> None:
    """Count an interaction that came by itself, and its claim."""
    meter.count(RECORDS, INTERACTIONS.name, "stored" if posted.stored else "unchanged")
    count_outcomes(meter, posted.outcomes)


def count_outcomes(meter: Meter, outcomes: Mapping[Outcome, int]) -> None:
    """Count what became of claims."""
    for outcome, claims in outcomes.items():
        meter.count(ATTRIBUTIONS, outcome.name, amount=claims)


def count_answers(meter: Meter, answers: Collection[Answer]) -> None:
    """Count answers."""
    for kind, number in Counter(answer.recommendation.kind for answer in answers).items():
        meter.count(ANSWERS, kind, amount=number)
