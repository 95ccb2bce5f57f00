"""What is told beside a report: what it is compared with, the shops and tags, the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable

from cobi.api.openapi.answers import COUNT, TEXT, page_of, whole, worth
from cobi.api.openapi.schemas import MOMENT, UUID, Schema, array_of, nullable, reference
from cobi.domain.interaction import InteractionType, ItemType, Outcome, Platform

_DIFFERENCE: Schema = {"type": "number", "minimum": -1, "maximum": 1}
_MONEY: Schema = {"type": "number", "minimum": 0}


def report_schemas() -> Schema:
    """What is told, by name."""
    difference = nullable(whole(value=_DIFFERENCE, low=_DIFFERENCE, high=_DIFFERENCE))
    return {
        "ReportComparison": whole(
            report=reference("Effectiveness"),
            against=nullable(reference("Effectiveness")),
            differences=nullable(whole(click_through_rate=difference, code_reveal_rate=difference)),
            launches=array_of(whole(when=MOMENT, what=TEXT, name=TEXT)),
            choices=whole(model_versions=array_of(COUNT), arms=array_of(TEXT), regions=array_of(TEXT)),
        ),
        "ReportItems": whole(
            by={"type": "string", "enum": ["shop", "tag"]},
            items=array_of(whole(item_id=UUID, name=TEXT, **worth())),
        ),
        "ReportAnswers": page_of(_answer()),
        "ReportInteractions": page_of(_interaction()),
        "ReportClaims": page_of(
            whole(**_act(Outcome.__members__), recommendation_id=nullable(UUID), position=nullable(COUNT))
        ),
    }


def _of_answer() -> dict[str, Schema]:
    return {
        "served": MOMENT,
        "model_version": COUNT,
        "policy": TEXT,
        "arm": nullable(TEXT),
        "regions": array_of(TEXT),
    }


def _answer() -> Schema:
    return whole(
        recommendation_id=UUID,
        student_id=nullable(UUID),
        segment_id=nullable(UUID),
        **_of_answer(),
        shown=COUNT,
        attributed=COUNT,
    )


def _act(outcomes: Iterable[str]) -> dict[str, Schema]:
    def one_of(names: Iterable[str]) -> Schema:
        return {"type": "string", "enum": list(names)}

    return {
        "interaction_id": UUID,
        "interaction_type": one_of(InteractionType.__members__),
        "item_type": one_of(ItemType.__members__),
        "item_id": nullable(UUID),
        "item_name": nullable(TEXT),
        "event_timestamp": MOMENT,
        "student_id": nullable(UUID),
        "platform": nullable(one_of(Platform.__members__)),
        "outcome": one_of(outcomes),
    }


def _interaction() -> Schema:
    return whole(
        **_act(outcome.name for outcome in Outcome if outcome.attributed),
        recommendation_id=UUID,
        **_of_answer(),
        position=nullable(COUNT),
        purchases=COUNT,
        amount=_MONEY,
        savings=_MONEY,
    )
