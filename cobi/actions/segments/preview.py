"""What a rule would come to, before there is a segment of it: how many, who for instance, and what they would see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobi.actions.segments.crowds import Stand
from cobi.actions.segments.naming import names
from cobi.actions.segments.shown import recommended
from cobi.actions.segments.signals import EVERYBODY, evenly
from cobi.domain.errors import InvalidRequest
from cobi.domain.identifiers import format_id
from cobi.domain.json_values import is_object
from cobi.domain.moments import format_moment
from cobi.domain.segments.reading import parse_rule
from cobi.domain.segments.rule import Rule
from cobi.store import membership
from cobi.store.segments import Segment

SAMPLE = 10
OFFERS = 10

_WANTED = "a preview is asked for by a rule, and count_only or explain"
_SHAPE = 'send {"rule": {"regions": ["BH"]}}'


def preview(stand: Stand, document: Any) -> dict[str, Any]:
    """A rule's size, up to ten of its students, and the offers they would be recommended; logged nowhere.

    With `count_only` the size alone, with `explain` the offers with names and reasons.
    """
    rule, count_only, explain = _read(document)
    if count_only:
        return _counted(stand, rule, membership.size(stand.connection, rule, stand.when))
    members = membership.members(stand.connection, rule, stand.when)
    counted = _counted(stand, rule, len(members))
    return {**counted, **_called(stand, rule), **_shown(stand, rule, members, explain=explain)}


def at_once(stand: Stand, rule: Rule, most: int, seconds: float) -> dict[str, Any]:
    """A rule's size, and of at most so many members what `explain` tells, as far as it takes no longer than that."""
    size, members = membership.group(stand.connection, rule, stand.when, most)
    counted = {**_counted(stand, rule, size), **_called(stand, rule)}
    if len(members) < size or stand.crowds.seconds_of_all(stand.shelf, stand.when) > seconds:
        return counted
    return {**counted, **_shown(stand, rule, members, explain=True)}


def at_once_of(stand: Stand, segment: Segment, most: int, seconds: float) -> dict[str, Any]:
    """The same of a segment, whose size may be at hand."""
    size = stand.crowds.size_at_hand(stand.connection, segment, stand.when)
    if size is not None and size.members > most:
        return {**_counted(stand, segment.rule, size.members), **_called(stand, segment.rule)}
    return at_once(stand, segment.rule, most, seconds)


def _counted(stand: Stand, rule: Rule, members: int) -> dict[str, Any]:
    return {
        "rule": rule.as_json(),
        "students": membership.size(stand.connection, EVERYBODY, stand.when),
        "counted": format_moment(stand.when.now),
        "members": members,
    }


def _called(stand: Stand, rule: Rule) -> dict[str, Any]:
    return {"names": names(stand.connection, [rule])}


def _shown(stand: Stand, rule: Rule, members: NDArray[np.int64], *, explain: bool) -> dict[str, Any]:
    connection, shelf, crowds, when, local_now = stand
    some = membership.ids(connection, evenly(members, SAMPLE).tolist())
    x = crowds.signals_of(connection, shelf, members, when) if len(members) else None
    offers = (
        recommended(connection, shelf, x, rule, local_now, OFFERS, explain=explain) if len(members) else []
    )
    return {
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
