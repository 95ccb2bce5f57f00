"""The declaration of a user interaction (contract §3) and the id that makes it idempotent (D26)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import msgspec

from cobi.domain.fields import Choice, EventTime, Field, Identifier, Pseudonym, Text
from cobi.domain.identifiers import Id, content_id
from cobi.domain.interaction import InteractionType, ItemType, Platform
from cobi.domain.record_type import Problem, RecordType

MAX_PLACE_LENGTH = 512
content_bytes = msgspec.msgpack.Encoder().encode
"""What of the values in the order of CONTENT is hashed.

MessagePack writes each value with its type and length, so no two contents come to the same bytes.
"""


class Source(IntEnum):
    """Who brought the student to the item; a null source means they came by themselves (D24)."""

    COBI = 1


def _source_agrees(interaction: Mapping[str, Any]) -> Problem | None:
    if interaction.get("recommendation_id") is None or interaction.get("source") is not None:
        return None
    return Problem(
        "source",
        "contradictory_source",
        "a recommendation_id says the interaction came of a recommendation: "
        'send source "COBI" with it, or leave it out',
    )


INTERACTIONS = RecordType(
    "user-interactions",
    "user interaction",
    "Something a student did, kept for ever and once (D26).",
    (
        Field(
            "interaction_id",
            Identifier(),
            "Made by Cobi from the time and the content; what is sent serves to know a record Cobi gave.",
        ),
        Field("interaction_type", Choice(InteractionType), "What the student did.", required=True),
        Field("item_type", Choice(ItemType), "What kind of item it was about.", required=True),
        Field("item_id", Identifier(), "The item; must be stored as that item type (D21).", required=True),
        Field("event_timestamp", EventTime(), "When it happened (D22).", required=True),
        Field("student_id", Identifier(), "The student; must be known (D19)."),
        Field("user_id", Pseudonym(), "The pseudonym the app knows the student by (D20)."),
        Field("platform", Choice(Platform), "Where it happened (D23)."),
        Field("city", Text(), "City, as the app knows it."),
        Field("country", Text(), "Country, as the app knows it."),
        Field("source", Choice(Source), "COBI when it came of a recommendation, null otherwise (D24)."),
        Field("recommendation_id", Identifier(), "The recommendation it came of."),
    ),
    invariants=(_source_agrees,),
)

CONTENT = tuple(field.name for field in INTERACTIONS.fields[1:])
"""What makes an interaction the one it is, in the order that its id is made of."""


def interaction_id(values: Mapping[str, Any]) -> Id:
    """An interaction's id: its time and a hash of its normalised content, the same for every retry (D26)."""
    return content_id(values["event_timestamp"], content_bytes([*map(values.get, CONTENT)]))


def sent_back(values: Mapping[str, Any]) -> Id | None:
    """The id that comes with a record read from Cobi, whatever it has learnt since; None for any other record.

    A record sent under a pseudonym alone is read with the student that the pseudonym turned out to be (D20),
    and is still the same interaction.
    """
    claimed = values.get("interaction_id")
    if claimed is None:
        return None
    as_sent = (values, {**values, "student_id": None})
    return next((made for content in as_sent if (made := interaction_id(content)) == claimed), None)
