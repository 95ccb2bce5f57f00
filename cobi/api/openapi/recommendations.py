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
        "by": nullable(_TEXT),
        "accepted": _TEXT,
        "schema": {"type": "object"},
        "meaning": _TEXT,
        "ranks": {"type": "boolean", "description": "Whether it shapes a ranking."},
        "effect": {**nullable(_TEXT), "description": "What a change does to what is measured."},
    }
    change = _whole(name=_TEXT, before={}, after={}, changed=MOMENT, by=_TEXT)
    return {
        "Viewed": _whole(recommendation_id=UUID, positions=array_of(_POSITION), viewed_at=MOMENT),
        "ToldAgain": _told_again(),
        "Setting": _whole(**setting),
        "Settings": _whole(settings=array_of(reference("Setting")), server_allows=_allowed()),
        "SettingsForetold": _foretold(),
        "SettingChanges": _whole(changes=array_of(change), next_cursor=nullable(_TEXT)),
    }


def _allowed() -> Schema:
    number: Schema = {"type": "integer", "minimum": 0, "description": "A minute; 0 is any number."}
    return _whole(recommendations_per_minute=number, data_requests_per_minute=number)


def _foretold() -> Schema:
    arms = {**array_of(_TEXT), "description": "Those that would follow the change in its midst."}
    running = _whole(experiment_id=UUID, name=_TEXT, arms=arms)
    change = _whole(name=_TEXT, before={}, after={})
    return _whole(changes=array_of(change), effects=array_of(_TEXT), experiment=nullable(running))


def _told_again() -> Schema:
    number: Schema = {"type": "number"}
    count: Schema = {"type": "integer", "minimum": 0}
    reason = _whole(signal=_TEXT, contribution=number, text=_TEXT)
    item = _whole(
        item_id=nullable(UUID),
        position=_POSITION,
        score=number,
        propensity=number,
        viewed={"type": "boolean"},
        score_anew=nullable(number),
        reasons=array_of(reason),
    )
    cause = _whole(code=_TEXT, message=_TEXT, what_would_change_it=_TEXT)
    missing = _whole(
        item_id=UUID,
        position=nullable(_POSITION),
        score=nullable(number),
        rank=nullable(count),
        removed_by=array_of(cause),
    )
    ids = dict.fromkeys(("student_id", "segment_id", "item_id", "continues"), nullable(UUID))
    told = _whole(
        recommendation_id=UUID,
        served=MOMENT,
        type={"type": "string", "enum": ["SELF", "SEGMENT", "SIMILAR"]},
        **ids,
        item_type=_TEXT,
        model_version=count,
        policy=_TEXT,
        arm=nullable(_TEXT),
        seed=count,
        candidates=count,
        regions=nullable(array_of(_TEXT)),
        limit=nullable(count),
        offset=count,
        excluded=array_of(UUID),
        platform=nullable(_TEXT),
        city=nullable(_TEXT),
        viewed_at=nullable(MOMENT),
        settings=nullable({"type": "object"}),
        exact={"type": "boolean", "description": "Whether ranking again gave the same list."},
        changed={**array_of(_TEXT), "description": "What is no longer as it was."},
        items=array_of(item),
    )
    told["properties"]["why_not"] = missing
    return told


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
