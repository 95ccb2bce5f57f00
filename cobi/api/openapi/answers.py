"""The schemas of what is answered beyond batches and recommendations."""

from __future__ import annotations

from typing import Any

from cobi.api.openapi.schemas import (
    DAY,
    OBJECT,
    UUID,
    Schema,
    array_of,
    nullable,
    reference,
    schema_name,
)
from cobi.domain.fields import Moment
from cobi.domain.interaction import InteractionType, Outcome
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import TYPES
from cobi.domain.records import CUSTOMERS, STUDENT_FAVOURITES, TRANSACTIONS
from cobi.store.quarantine_accounts import FATES

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME = Moment().schema()
_TYPE: Schema = {"type": "string", "enum": list(TYPES)}


def whole(**properties: Schema) -> Schema:
    """An object that has all of these properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def answer_schemas() -> Schema:
    """What is read, by name."""
    return {
        "Overview": whole(
            types=array_of(whole(type=_TYPE, records=COUNT, last_upload=nullable(_TIME))),
        ),
        **_refused(),
        **_report(),
        "Export": _export(),
        "Erasures": whole(receipts=array_of(reference("Erasure"))),
        "Live": whole(status={"type": "string", "enum": ["live"]}),
        "Ready": _ready(),
    }


def page_of(records: Schema, **more: Schema) -> Schema:
    """A page of these records."""
    return whole(records=array_of(records), next_cursor=nullable(TEXT), **more)


def record_in_answers(kind: str) -> Schema:
    """A stored record of this type."""
    return reference(schema_name(TYPES[kind]))


def _refused() -> Schema:
    held = whole(
        quarantine_id=UUID,
        type=_TYPE,
        received=_TIME,
        times={"type": "integer", "minimum": 1},
        request_id=TEXT,
        index=COUNT,
        retried=nullable(_TIME),
        errors=array_of(reference("RecordError")),
        body={"type": "string", "description": "The record as it was sent."},
    )
    counted = whole(type=_TYPE, codes=array_of(TEXT), records=COUNT)
    return {
        "Refused": held,
        "RefusedPage": page_of(
            reference("Refused"), counts=array_of(counted), left=whole(**dict.fromkeys(FATES, COUNT))
        ),
        "Dropped": whole(dry_run={"type": "boolean"}, dropped=COUNT),
    }


def figures_of_answers() -> Schema:
    """The figures of some answers, by name."""
    number: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    rate = whole(value=nullable(number), low=number, high=number)
    return {
        **dict.fromkeys(
            ("answers", "impressions", "clicked_impressions", "revealed_impressions"), nullable(COUNT)
        ),
        **worth(),
        "click_through_rate": nullable(rate),
        "code_reveal_rate": nullable(rate),
    }


def worth() -> Schema:
    """What came of some answers, by name."""
    return {
        "attributed": whole(**dict.fromkeys(InteractionType.__members__, COUNT)),
        "conversions": COUNT,
        "amount": {"type": "number", "minimum": 0},
        "savings": {"type": "number", "minimum": 0},
    }


def _report() -> Schema:
    figures = figures_of_answers()
    version: Schema = {"type": "integer"}
    return {
        "Effectiveness": whole(
            asked=_asked(),
            total=whole(**figures),
            model_versions=array_of(whole(model_version=version, **figures)),
            days=array_of(whole(day=DAY, model_version=version, **figures, doubts=array_of(TEXT))),
            by_day=array_of(whole(day=DAY, doubts=array_of(TEXT), **figures)),
            arms=array_of(whole(arm=nullable(TEXT), **figures)),
            regions=array_of(whole(region=nullable(TEXT), **figures)),
            positions=array_of(whole(position={"type": "integer", "minimum": 1}, **figures)),
            platforms=array_of(whole(platform=nullable(TEXT), **worth())),
            outcomes=whole(**dict.fromkeys(Outcome.__members__, COUNT)),
            caused=nullable(reference("Caused")),
            doubts=array_of(reference("Doubt")),
        )
    }


def _asked() -> Schema:
    moments = dict.fromkeys(("from", "to"), nullable(_TIME))
    numbers = dict.fromkeys(("model_version", "position"), nullable(COUNT))
    texts = dict.fromkeys(("arm", "region", "platform"), nullable(TEXT))
    return whole(**moments, **numbers, **texts, shop_id=nullable(UUID), tag_id=nullable(UUID))


def _export() -> Schema:
    own = {
        kind.name: array_of(OBJECT) for kind in (CUSTOMERS, STUDENT_FAVOURITES, TRANSACTIONS, INTERACTIONS)
    }
    others: dict[str, Any] = {
        name: array_of(OBJECT) for name in ("recommendations", "experiments", "quarantine")
    }
    return whole(customer_id=UUID, exported=_TIME, **own, pseudonyms=array_of(TEXT), **others)


def _ready() -> Schema:
    status: Schema = {"type": "string", "enum": ["ready", "unavailable"]}
    return whole(status=status, checks=whole(databases=TEXT, schema=TEXT, writers=TEXT))
