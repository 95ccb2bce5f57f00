"""One usual interaction read in a few steps, to the same values as any other record."""

from __future__ import annotations

from typing import Any

import msgspec

from cobi.domain.fields import EventTime, Field, FieldProblem
from cobi.domain.interaction_record import CONTENT, INTERACTIONS

FIELDS = tuple(INTERACTIONS.by_name[name] for name in CONTENT)
TIME, SOURCE, ANSWER = map(CONTENT.index, ("event_timestamp", "source", "recommendation_id"))

_PARSERS = tuple(field.kind.parse for field in FIELDS)


def _member(field: Field) -> tuple[Any, ...]:
    kind: Any = int | str if isinstance(field.kind, EventTime) else str
    return (field.name, kind) if field.required else (field.name, kind | None, None)


# A record with any other field is unusual, also one that Cobi gave and gets back.
_Sent = msgspec.defstruct("_Sent", map(_member, FIELDS), forbid_unknown_fields=True, gc=False)
decode = msgspec.json.Decoder(_Sent).decode
as_sent = msgspec.structs.astuple
UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)
"""What `decode` raises."""


def read_quickly(body: Any, latest: int) -> list[Any] | None:
    """The values in the order of CONTENT; None for what only the careful reading may judge.

    `latest` is the last moment that is not too far ahead.
    """
    try:
        sent = as_sent(decode(body))
        values: list[Any] = [
            None if value is None else parse(value) for parse, value in zip(_PARSERS, sent, strict=True)
        ]
    except (*UNREADABLE, FieldProblem):
        return None
    contradictory = values[ANSWER] is not None and values[SOURCE] is None
    return None if contradictory or values[TIME] > latest else values
