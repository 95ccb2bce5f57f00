"""What a rule would come to, before there is a segment of it: how many, who for instance, and what they would see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cobi.actions.ranking.shelf import Shelf
from cobi.actions.segments.crowds import Crowds
from cobi.actions.segments.shown import recommended
from cobi.actions.segments.signals import EVERYBODY, evenly
from cobi.domain.errors import InvalidRequest
from cobi.domain.identifiers import format_id
from cobi.domain.json_values import is_object
from cobi.domain.moments import format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import Rule, When
from cobi.store import membership
from cobi.store.database import Connection

SAMPLE = 10
OFFERS = 10

_WANTED = "a preview is asked for by a rule, and count_only or explain"
_SHAPE = 'send {"rule": {"regions": ["BH"]}}'


def preview(
    connection: Connection, shelf: Shelf, crowds: Crowds, document: Any, when: When, local_now: datetime
) -> dict[str, Any]:
    """A rule's size, up to ten of its students, and the offers they would be recommended; logged nowhere.

    With `count_only` the size alone, with `explain` the offers with names and reasons.
    """
    rule, count_only, explain = _read(document)
    sized = {"rule": rule.as_json(), "students": membership.size(connection, EVERYBODY, when)}
    counted = {**sized, "counted": format_moment(when.now)}
    if count_only:
        return {**counted, "members": membership.size(connection, rule, when)}
    members = membership.members(connection, rule, when)
    some = membership.ids(connection, evenly(members, SAMPLE).tolist())
    x = crowds.signals_of(connection, shelf, members, when) if len(members) else None
    offers = (
        recommended(connection, shelf, x, rule, local_now, OFFERS, explain=explain) if len(members) else []
    )
    return {
        **counted,
        "members": len(members),
        "sample": [format_id(identifier) for identifier in some],
        "offers": [one["offer_id"] for one in offers],
        **({"recommended": offers} if explain else {}),
    }


def _read(document: Any) -> tuple[Rule, bool, bool]:
    flags = ("count_only", "explain")
    if not is_object(document) or "rule" not in document or set(document) - {"rule", *flags}:
        raise InvalidRequest(_WANTED, hint=_SHAPE)
    count_only, explain = (document.get(name, False) for name in flags)
    if not isinstance(count_only, bool) or not isinstance(explain, bool):
        raise InvalidRequest("count_only and explain are true or false", hint=_SHAPE)
    return parse_rule(document["rule"]), count_only, explain
