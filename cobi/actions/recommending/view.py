"""Noting which places of an answer really came into view, as clients report it."""

from __future__ import annotations

from typing import Any

from cobi.domain.errors import Conflict, InvalidRequest, NotFound
from cobi.domain.identifiers import format_id
from cobi.domain.json_values import is_array, is_object, whole_number
from cobi.domain.moments import format_moment
from cobi.store import impressions
from cobi.store.writer import Transaction

_SHAPE = 'send {"positions": [1, 2, 3]}, counted from 1'


def positions_of(document: Any) -> frozenset[int]:
    """The reported positions; raises InvalidRequest."""
    if not is_object(document) or set(document) != {"positions"}:
        raise InvalidRequest("the body is not a list of positions", code="malformed_body", hint=_SHAPE)
    sent = document["positions"]
    if not is_array(sent) or not sent:
        raise InvalidRequest("positions is not a list of numbers", code="malformed_positions", hint=_SHAPE)
    numbers = [whole_number(one) for one in sent]
    if not all(number is not None and number > 0 for number in numbers):
        raise InvalidRequest("a position is a number from 1", code="malformed_positions", hint=_SHAPE)
    return frozenset(number for number in numbers if number is not None)


def view(
    transaction: Transaction, recommendation_id: bytes, positions: frozenset[int], now: int
) -> dict[str, Any]:
    """Note positions with those noted before; answers all that are known to have been seen."""
    connection = transaction.connection
    impression = impressions.fetch(connection, [recommendation_id]).get(recommendation_id)
    if impression is None:
        raise unknown_recommendation(recommendation_id)
    last = len(impression.items)
    if max(positions) > last:
        message = f"position {max(positions)} is behind the answer's last, {last}"
        raise Conflict(message, code="unknown_position", hint="count from 1 within that answer")
    seen = positions.union(impression.viewed)
    news = len(seen) > len(impression.viewed)
    if news:
        impressions.view(connection, recommendation_id, seen, now)
    moment = now if news or impression.viewed_at is None else impression.viewed_at
    return {
        "recommendation_id": format_id(recommendation_id),
        "positions": sorted(seen),
        "viewed_at": format_moment(moment),
    }


def unknown_recommendation(recommendation_id: bytes) -> NotFound:
    """No answer of that id is kept."""
    message = f"recommendation {format_id(recommendation_id)} is not known"
    return NotFound(
        message, code="unknown_recommendation", hint="it was not given here, or its student was erased"
    )
