"""The paths and schemas of evaluations."""

from __future__ import annotations

from cobi.api.openapi.answers import COUNT, TEXT, whole
from cobi.api.openapi.models import job_fields
from cobi.api.openapi.operation import operation
from cobi.api.openapi.parameters import in_path
from cobi.api.openapi.schemas import MOMENT, OBJECT, UUID, Schema, array_of, nullable, reference
from cobi.domain.evaluation import MAX_LENGTH, MAX_SEED, MAX_USERS, MOST_LENGTHS, Seen, Way
from cobi.domain.interaction import ItemType

_NUMBER: Schema = {"type": "number"}
_LENGTH: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LENGTH}
_SPLIT: Schema = {"type": "string", "pattern": rf"^({'|'.join(Way)})(:0?\.[0-9]{{0,15}}[1-9][0-9]{{0,15}})?$"}
_SEEN: Schema = {"type": "string", "enum": [one.value for one in Seen]}
_ITEM_TYPE: Schema = {"type": "string", "enum": list(ItemType.__members__)}
_JOB = in_path("job_id", UUID, "The evaluation.")


def evaluation_paths() -> Schema:
    """What can be asked for of evaluations."""
    job, found = reference("EvaluationJob"), reference("EvaluationFound")
    evaluate = operation(
        "Have a process of its own tell how well what students did is foretold",
        "admin",
        {202: job},
        body=evaluation_order(),
    )
    evaluate["requestBody"]["required"] = False
    listed = whole(jobs=array_of(job))
    return {
        "/v1/models/evaluate": {"post": evaluate},
        "/v1/models/evaluations": {"get": operation("The newest evaluations", "report", {200: listed})},
        "/v1/models/evaluations/{job_id}": {
            "get": operation("How far an evaluation is, or what it found", "report", {200: found}, [_JOB]),
            "delete": operation("Cancel an evaluation", "admin", {200: job}, [_JOB]),
        },
    }


def evaluation_order() -> Schema:
    """How to hold back, whom to test, how long the lists are; nothing need be said."""
    lengths = {**array_of(_LENGTH), "minItems": 1, "maxItems": MOST_LENGTHS, "default": [10]}
    properties = {
        "k": nullable({**lengths, "description": "Lengths of the lists."}),
        "split": nullable({**_SPLIT, "description": "What is held back; without it the data choose."}),
        "seen": nullable({**_SEEN, "description": "Items a student had touched before."}),
        "item_type": nullable({**_ITEM_TYPE, "default": ItemType.OFFER.name}),
        "users": nullable(
            {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_USERS,
                "description": "Test only so many students.",
            }
        ),
        "seed": nullable({"type": "integer", "minimum": 0, "maximum": MAX_SEED, "default": 0}),
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def evaluation_schemas() -> Schema:
    """What is answered about evaluations, by name."""
    job = {**job_fields(), "plan": {**OBJECT, "description": "What was asked for, defaults included."}}
    return {
        "EvaluationJob": whole(**job),
        "EvaluationFound": whole(
            **job, figures={**nullable(reference("Evaluation")), "description": "Null until it is done."}
        ),
        "Evaluation": _evaluation(),
        "EvaluationFigures": _by_name(whole(value=_NUMBER, low=_NUMBER, high=_NUMBER)),
    }


def _evaluation() -> Schema:
    methods = _by_name(reference("EvaluationFigures"))
    compared = {"methods": methods, "cobi_minus": methods}
    return whole(
        item_type=_ITEM_TYPE,
        split=TEXT,
        why={**TEXT, "description": "Why it was split so."},
        cut=nullable(MOMENT),
        seen=_SEEN,
        seed=COUNT,
        training=_by_name(COUNT),
        held_back=_by_name(_NUMBER),
        tested=_by_name(COUNT),
        candidates=_by_name(_NUMBER),
        **compared,
        by_history=array_of(OBJECT),
        by_age=array_of(OBJECT),
        live_model=nullable(OBJECT),
        warnings=array_of(TEXT),
    )


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}
