"""The schemas of past answers and of an organisation's settings."""

from __future__ import annotations

from cobi.api.openapi.schemas import MOMENT, UUID, Schema, array_of, nullable, reference
from cobi.domain.organisation_settings import SETTINGS
from cobi.domain.recommendation import MAX_LIMIT

_TEXT: Schema = {"type": "string"}
_POSITION: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}


def recommendation_schemas() -> Schema:
    """What is answered about past answers and settings, by name."""
    setting = {
        "name": {"type": "string", "enum": list(SETTINGS)},
        "value": {},
        "default": {},
        "changed": nullable(MOMENT),
        "accepted": _TEXT,
        "meaning": _TEXT,
    }
    return {
        "Viewed": _whole(recommendation_id=UUID, positions=array_of(_POSITION), viewed_at=MOMENT),
        "Setting": _whole(**setting),
        "Settings": _whole(settings=array_of(reference("Setting"))),
    }


def positions_to_note() -> Schema:
    """The positions of an answer that came into view."""
    positions = {**array_of(_POSITION), "minItems": 1}
    properties: Schema = {"positions": positions}
    return {
        "type": "object",
        "properties": properties,
        "required": ["positions"],
        "additionalProperties": False,
    }


def settings_to_choose() -> Schema:
    """Values by name."""
    properties = {
        name: {**nullable(setting.kind.schema()), "description": setting.meaning}
        for name, setting in SETTINGS.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _whole(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}
