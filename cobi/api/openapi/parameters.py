"""The parameters of paths and queries."""

from __future__ import annotations

from cobi.api.openapi.schemas import UUID, Schema
from cobi.domain import patterns
from cobi.domain.fields import EventTime, Text
from cobi.domain.interaction import InteractionType, ItemType, Outcome, Platform
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.recommendation import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, MOST_EXCLUDED
from cobi.domain.records import RECORD_TYPES
from cobi.domain.reports import ARM


def in_query(name: str, schema: Schema, meaning: str) -> Schema:
    """An optional query parameter."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": meaning}


def in_path(name: str, schema: Schema, meaning: str) -> Schema:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": meaning}


POINT_IN_TIME = EventTime().schema()


def paging(default: int, most: int) -> list[Schema]:
    """The parameters of a list that is read page by page."""
    number: Schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return [
        in_query("limit", number, "How many to answer."),
        in_query("cursor", {"type": "string"}, "The next_cursor of the page before."),
    ]


PAGING = paging(100, 1000)
INTERACTION_FILTERS = [
    in_query("student_id", UUID, "Of this student."),
    in_query(
        "item_type", {"type": "string", "enum": list(ItemType.__members__)}, "About items of this type."
    ),
    in_query("item_id", UUID, "About this item."),
    in_query("from", POINT_IN_TIME, "From this time on, in any form an event_timestamp may have."),
    in_query("to", POINT_IN_TIME, "Before this time."),
]
RANKING = [
    in_query(
        "regions",
        {"type": "string", "pattern": f"^$|{patterns.list_of(patterns.REGION)}"},
        "Comma-separated regions in place of the student's own, such as BH,AE; empty = the student's own.",
    ),
    in_query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many.",
    ),
    in_query(
        "explain", {"type": "boolean", "default": False}, "Add each item's reasons, which sum to its score."
    ),
    in_query(
        "item_type",
        {"type": "string", "enum": list(ItemType.__members__), "default": "OFFER"},
        "What to rank.",
    ),
    in_query(
        "offset",
        {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
        "How many of the best to pass over: the page after those already shown.",
    ),
    in_query(
        "exclude",
        {"type": "string", "pattern": f"^$|{patterns.list_of(patterns.UUID)}"},
        f"Comma-separated ids of items that are not wanted, at most {MOST_EXCLUDED}.",
    ),
    in_query(
        "continues",
        UUID,
        "The recommendation_id of the page before: what follows it, repeating nothing of that list. Without offset.",
    ),
    in_query("platform", {"type": "string", "enum": list(Platform.__members__)}, "Where it is to be shown."),
    in_query("city", Text().schema(), "Where the student is."),
]
TYPE = in_path(
    "record_type", {"type": "string", "enum": [*RECORD_TYPES, INTERACTIONS.name]}, "The record type."
)
ONLY_CUSTOMERS = in_path("record_type", {"type": "string", "enum": ["customers"]}, "Only customers.")
RECORD_ID = in_path("record_id", UUID, "The record's id.")
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "Names this request: sent again within 24 hours it gets the same answer and is done once.",
}
REFUSED_FILTERS = [
    in_query("type", TYPE["schema"], "Of this record type."),
    in_query("code", {"type": "string", "pattern": patterns.CODE}, "Refused for this reason."),
    in_query("from", POINT_IN_TIME, "Refused from this time on."),
    in_query("to", POINT_IN_TIME, "Refused before this time."),
]
REPORT_FILTERS = [
    in_query("from", POINT_IN_TIME, "Served from then on."),
    in_query("to", POINT_IN_TIME, "Served before."),
    in_query("model_version", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}, "By this model."),
    in_query("arm", ARM.schema(), "In this arm of an experiment."),
    in_query(
        "region", {"type": "string", "pattern": f"^({patterns.REGION})$"}, "Limited to this one region."
    ),
    *(
        in_query(name, schema, f"{meaning} At most one of platform, shop_id, tag_id and position.")
        for name, schema, meaning in (
            (
                "platform",
                {"type": "string", "enum": list(Platform.__members__)},
                "What came on this platform.",
            ),
            ("shop_id", UUID, "What came with this shop and its offers."),
            ("tag_id", UUID, "What came with this tag, the shops that carry it and their offers."),
            ("position", {"type": "integer", "minimum": 1, "maximum": 1000}, "At this place of a list."),
        )
    ),
]

REPORT_FORMAT = in_query(
    "format",
    {"type": "string", "enum": ["json", "csv", "parquet"], "default": "json"},
    "How it is to be written.",
)

AGAINST = in_query(
    "against",
    {"type": "string", "pattern": r"^(before|model_version:[0-9]{1,9}|arm:.{1,100}|[^/]+/[^/]+)$"},
    "What it is compared with: `before` (as long, just before), `model_version:N`, `arm:NAME` or `FROM/TO`.",
)

BY_ITEM = in_query(
    "by", {"type": "string", "enum": ["shop", "tag"], "default": "shop"}, "Told apart by these."
)

CLAIM_FILTERS = [
    in_query("from", POINT_IN_TIME, "Happened from then on."),
    in_query("to", POINT_IN_TIME, "Happened before."),
    in_query("platform", {"type": "string", "enum": list(Platform.__members__)}, "On this platform."),
    in_query(
        "outcome",
        {"type": "string", "enum": list(Outcome.__members__), "default": "MATCHED"},
        "What it came to.",
    ),
]
KIND_OF_INTERACTION = [
    in_query(
        "interaction_type", {"type": "string", "enum": list(InteractionType.__members__)}, "Only these."
    ),
    in_query("converted", {"type": "boolean", "default": False}, "Only those that purchases followed."),
]
