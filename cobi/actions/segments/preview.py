"""What a rule would come to, before there is a segment of it: how many, who for instance, and what they would see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cobi.actions.ranked import Order, rank
from cobi.actions.segments.crowds import Crowds
from cobi.actions.segments.signals import EVERYBODY, evenly
from cobi.actions.shelf import Shelf
from cobi.domain.errors import InvalidRequest
from cobi.domain.identifiers import format_id
from cobi.domain.interaction import ItemType
from cobi.domain.json_values import is_object
from cobi.domain.moments import format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import Rule, When
from cobi.store import membership
from cobi.store.database import Connection

SAMPLE = 10
OFFERS = 10


def preview(
    connection: Connection, shelf: Shelf, crowds: Crowds, document: Any, when: When, local_now: datetime
) -> dict[str, Any]:
    """A rule's size, up to ten of its students, and the offers they would be recommended; logged nowhere."""
    rule = _read(document)
    members = membership.members(connection, rule, when)
    some = membership.ids(connection, evenly(members, SAMPLE).tolist())
    return {
        "rule": rule.as_json(),
        "members": len(members),
        "students": membership.size(connection, EVERYBODY, when),
        "counted": format_moment(when.now),
        "sample": [format_id(identifier) for identifier in some],
        "offers": _offers(connection, shelf, crowds, rule, when, local_now) if len(members) else [],
    }


def _read(document: Any) -> Rule:
    if not is_object(document) or set(document) != {"rule"}:
        raise InvalidRequest(
            "a preview is asked for by a rule alone", hint='send {"rule": {"regions": ["BH"]}}'
        )
    return parse_rule(document["rule"])


def _offers(
    connection: Connection, shelf: Shelf, crowds: Crowds, rule: Rule, when: When, local_now: datetime
) -> list[str]:
    x = crowds.signals_of_rule(connection, shelf, rule, when)
    order = Order(ItemType.OFFER, rule.regions or None, OFFERS, 0, local_now, shelf.settings)
    return [format_id(one) for one in shelf.ids_of(ItemType.OFFER, rank(shelf, x, order).rows)]
