"""The rows behind a report's figures, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from cobi.actions import cursors
from cobi.actions.reporting.report import selection
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ITEM_RECORD_TYPES, InteractionType, ItemType, Outcome, Platform
from cobi.domain.moments import format_moment
from cobi.domain.reports import Question
from cobi.store.database import Connection
from cobi.store.labels import labels
from cobi.store.rollups import evidence
from cobi.store.rollups.evidence import Kind

_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_THOUSAND = 1000

Called = dict[tuple[int, int], tuple[bytes, str]]
"""The id and the name of items, by type and key."""


def answers(connection: Connection, question: Question, limit: int, cursor: str | None) -> dict[str, Any]:
    """The answers that a report counts, each with how many interactions are attributed to it."""
    before: bytes | None = cursors.decode(cursor, _Id) if cursor else None
    rows = evidence.answers(connection, selection(connection, question), before, limit)
    came = evidence.came_of(connection, [row.recommendation_id for row in rows])
    return {
        "records": [
            {
                "recommendation_id": format_id(row.recommendation_id),
                "student_id": _text(row.student_id),
                "segment_id": _text(row.segment_id),
                **_of_answer(row),
                "shown": row.shown,
                "attributed": came.get(row.recommendation_id, 0),
            }
            for row in rows
        ],
        "next_cursor": cursors.encode(rows[-1].recommendation_id) if len(rows) == limit else None,
    }


def interactions(
    connection: Connection, question: Question, kind: Kind, limit: int, cursor: str | None
) -> dict[str, Any]:
    """The interactions that a report attributes, by their answers, each with the purchases behind it."""
    before: tuple[bytes, bytes] | None = cursors.decode(cursor, tuple[_Id, _Id]) if cursor else None
    rows = evidence.attributed(connection, selection(connection, question), kind, before, limit)
    bought = evidence.purchases(connection, [row.interaction_id for row in rows])
    called = _called(connection, rows)
    last = rows[-1] if len(rows) == limit else None
    return {
        "records": [_interaction(row, called, bought.get(row.interaction_id, (0, 0, 0))) for row in rows],
        "next_cursor": last and cursors.encode((last.recommendation_id, last.interaction_id)),
    }


def claims(
    connection: Connection, question: Question, outcome: Outcome, limit: int, cursor: str | None
) -> dict[str, Any]:
    """The interactions whose claim came to this; `recommendation_id` is the answer that they name."""
    before: bytes | None = cursors.decode(cursor, _Id) if cursor else None
    rows = evidence.claims(connection, selection(connection, question), outcome, before, limit)
    called = _called(connection, rows)
    return {
        "records": [
            {**_act(row, called), "recommendation_id": _text(row.recommendation_id), "position": row.position}
            for row in rows
        ],
        "next_cursor": cursors.encode(rows[-1].interaction_id) if len(rows) == limit else None,
    }


def _called(connection: Connection, rows: Sequence[Any]) -> Called:
    return {
        (kind.value, key): of_one
        for kind, record_type in ITEM_RECORD_TYPES.items()
        for key, of_one in labels(
            connection, record_type, {row.item_key for row in rows if row.item_type == kind}
        ).items()
    }


def _interaction(row: Any, called: Called, bought: tuple[int, int, int]) -> dict[str, Any]:
    purchases, amount, savings = bought
    return {
        **_act(row, called),
        "recommendation_id": format_id(row.recommendation_id),
        **_of_answer(row),
        "position": row.position,
        "purchases": purchases,
        "amount": amount / _THOUSAND,
        "savings": savings / _THOUSAND,
    }


def _act(row: Any, called: Called) -> dict[str, Any]:
    item_id, name = called.get((row.item_type, row.item_key), (None, None))
    return {
        "interaction_id": format_id(row.interaction_id),
        "interaction_type": InteractionType(row.interaction_type).name,
        "item_type": ItemType(row.item_type).name,
        "item_id": _text(item_id),
        "item_name": name,
        "event_timestamp": format_moment(row.event_timestamp),
        "student_id": _text(row.student_id),
        "platform": Platform(row.platform).name if row.platform else None,
        "outcome": Outcome(row.outcome).name,
    }


def _of_answer(row: Any) -> dict[str, Any]:
    return {
        "served": format_moment(row.served),
        "model_version": row.model_version,
        "policy": row.policy,
        "arm": row.arm,
        "regions": row.regions.split(",") if row.regions else [],
    }


def _text(identifier: bytes | None) -> str | None:
    return None if identifier is None else format_id(identifier)
