"""What the feedback doctor tells."""

from __future__ import annotations

from cobi.actions.doctor.illnesses import ILLNESSES
from cobi.api.openapi.answers import TEXT, whole
from cobi.api.openapi.schemas import DAY, MOMENT, OBJECT, UUID, Schema, array_of, nullable, reference

_CODE: Schema = {"type": "string", "enum": [illness.code for illness in ILLNESSES]}


def doctor_schemas() -> Schema:
    """What is told, by name."""
    return {
        "Finding": whole(
            code=_CODE,
            since=DAY,
            until=DAY,
            where={"type": "object", "additionalProperties": nullable(TEXT)},
            what=TEXT,
            likely_cause=TEXT,
            what_to_do=TEXT,
            figures=OBJECT,
            samples=array_of(UUID),
        ),
        "Doubt": whole(
            code=_CODE,
            since=DAY,
            until=DAY,
            where={"type": "object", "additionalProperties": nullable(TEXT)},
            what=TEXT,
        ),
        "Health": whole(
            examined=MOMENT,
            healthy={"type": "boolean"},
            findings=array_of(reference("Finding")),
            looked_for=array_of(_CODE),
        ),
    }
