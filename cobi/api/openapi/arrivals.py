"""What is told of arrivals."""

from __future__ import annotations

from cobi.api.openapi.answers import COUNT, TEXT, whole
from cobi.api.openapi.operation import operation
from cobi.api.openapi.parameters import POINT_IN_TIME, in_query
from cobi.api.openapi.schemas import MOMENT, Schema, array_of, reference
from cobi.domain.arrivals import HOURS_KEPT_DAYS, STEPS
from cobi.domain.quarantine import TYPES

TYPE: Schema = {"type": "string", "enum": list(TYPES)}
_BY: Schema = {"type": "string", "enum": list(STEPS)}
COUNTS = dict.fromkeys(("received", "stored", "unchanged", "rejected", "mended"), COUNT)

_ASKED = [
    in_query(
        "by",
        {**_BY, "default": "hour"},
        f"Hours are told apart for {HOURS_KEPT_DAYS} days. Without a beginning: 48 hours or 28 days.",
    ),
    in_query("from", POINT_IN_TIME, "From the hour or day of this moment on, as far as they are kept."),
    in_query("to", POINT_IN_TIME, "Up to this moment; without it, up to now."),
]


def arrival_schemas() -> Schema:
    """What is told, by name."""
    reason = whole(codes=array_of(TEXT), records=COUNT)
    of_type = whole(type=TYPE, **COUNTS, reasons=array_of(reason))
    told = {"answers": COUNT, **COUNTS, "types": array_of(of_type)}
    return {
        "Arrivals": whole(
            by=_BY,
            since=MOMENT,
            until=MOMENT,
            total=whole(**told),
            periods=array_of(whole(start=MOMENT, **told)),
        )
    }


def arrival_paths() -> Schema:
    """What can be asked of arrivals."""
    told = operation("What came in and was answered", "ingest", {200: reference("Arrivals")}, _ASKED)
    return {"/v1/arrivals": {"get": told}}
