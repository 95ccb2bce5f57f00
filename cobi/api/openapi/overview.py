"""What the overview tells."""

from __future__ import annotations

from cobi.api.openapi.answers import COUNT, TEXT, figures_of_answers, whole
from cobi.api.openapi.arrivals import COUNTS, TYPE
from cobi.api.openapi.schemas import DAY, MOMENT, Schema, array_of, nullable, reference

_DIFFERENCE: Schema = {"type": "number", "minimum": -1, "maximum": 1}
_BOOLEAN: Schema = {"type": "boolean"}


def overview_schemas() -> Schema:
    """What is told, by name."""
    figures = figures_of_answers()
    change = nullable(whole(value=_DIFFERENCE, low=_DIFFERENCE, high=_DIFFERENCE))
    return {
        "Week": whole(
            now=MOMENT,
            since=MOMENT,
            week=whole(**figures),
            week_before=whole(**figures),
            changes=whole(click_through_rate=change, code_reveal_rate=change),
            days=array_of(whole(day=DAY, **figures)),
            arrivals=reference("Arrivals"),
            records=_records(),
            holdout_since=nullable(MOMENT),
            attributed_and_caused=nullable(_attributed_and_caused()),
            health=reference("Health"),
            refused_waiting=COUNT,
            newest_interaction=nullable(MOMENT),
            live_model=nullable(
                whole(model_version={"type": "integer"}, trained=MOMENT, went_live=nullable(MOMENT))
            ),
            happened=array_of(
                whole(when=MOMENT, what=TEXT, name=TEXT, by=nullable(TEXT), why=nullable(TEXT))
            ),
            begun=whole(
                offers=_BOOLEAN, customers=_BOOLEAN, interactions=_BOOLEAN, model=_BOOLEAN, answers=_BOOLEAN
            ),
        )
    }


def _records() -> Schema:
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    sums = {"answers": COUNT, **COUNTS, "rejected_share": nullable(share)}
    return whole(
        week=whole(**sums),
        week_before=whole(**sums),
        days=array_of(whole(day=DAY, **sums)),
        new_reasons=array_of(whole(type=TYPE, codes=array_of(TEXT), records=COUNT)),
    )


def _attributed_and_caused() -> Schema:
    money: Schema = {"type": "number", "minimum": 0}
    attributed = whole(code_reveals=COUNT, purchases=COUNT, amount=money, savings=money)
    return {"allOf": [reference("Caused"), whole(attributed=attributed)]}
