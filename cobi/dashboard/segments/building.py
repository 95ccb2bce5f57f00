"""Building a rule from conditions: a form that works without scripts, and what the rule would come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import msgspec

from cobi.dashboard.segments.conditions import KINDS, MOST, MUST, Condition, as_query
from cobi.dashboard.segments.gets import Gets, gets
from cobi.dashboard.segments.rules import DID, words_of

PATH = "/segments/new"
_BEGINS = {
    "age": {"low": "18"},
    "new": {"days": "14"},
    "inactive": {"days": "30"},
    "did": {"days": "30", "times": "1"},
    "bought": {"days": "30", "times": "1"},
    "favourite": {"times": "1"},
}
ABOUT = (("shops", "the shop"), ("tags", "the tag"), ("keywords", "the keyword"), ("offers", "the offer"))
LISTED = {"institute": "institutes", "course": "courses", "bought": "shops", "favourite": "shops"}
"""The names to choose from in a line of a kind; `did` has those of what it is about."""


@dataclass(frozen=True)
class Result:
    """What the rule comes to: in words, as JSON to be stored, and what it gets."""

    words: str
    rule: str
    gets: Gets


@dataclass(frozen=True)
class Context:
    """What the page shows; `names` are those to choose from by kind, `state` is the address's query."""

    conditions: Sequence[Condition]
    kinds: Mapping[str, str]
    musts: Mapping[str, str]
    types: Sequence[tuple[str, str]]
    abouts: Sequence[tuple[str, str]]
    names: Mapping[str, Sequence[str]]
    more: bool
    problem: str | None
    saving_problem: str | None
    name: str
    segment: str
    state: str
    result: Result | None


def context(
    conditions: Sequence[Condition],
    names: Mapping[str, Sequence[str]],
    result: Result | None,
    kept: Mapping[str, str],
    problem: str | None = None,
    saving_problem: str | None = None,
) -> Context:
    """The page; `kept` are name and id of the segment that is changed."""
    return Context(
        conditions,
        KINDS,
        MUST,
        list(DID.items()),
        ABOUT,
        names,
        len(conditions) < MOST,
        problem,
        saving_problem,
        kept.get("name", ""),
        kept.get("segment", ""),
        urlencode({**as_query(conditions), **kept}),
        result,
    )


def result(told: Mapping[str, Any], later: str) -> Result:
    """What `POST /v1/segments/preview` answers; `later` is where what they get is seen, if it does not say so."""
    rule = msgspec.json.encode(told["rule"]).decode()
    return Result(words_of(told["rule"], told["names"]), rule, gets(told, later))


def changed(conditions: Sequence[Condition], query: Mapping[str, str]) -> list[Condition] | None:
    """The conditions with one added or taken away, where that was asked for; else None."""
    removed, added = query.get("remove", ""), query.get("add", "")
    # No line has a longer number, and `int` refuses thousands of digits.
    if removed.isascii() and removed.isdecimal() and len(removed) < 4:
        return [one for at, one in enumerate(conditions) if at != int(removed)]
    if query.get("act") == "add" and added in KINDS and len(conditions) < MOST:
        return [*conditions, replace(Condition("all", added), **_BEGINS.get(added, {}))]
    return None


def address(conditions: Sequence[Condition], kept: Mapping[str, str]) -> str:
    """Where these conditions are seen."""
    query = urlencode({**as_query(conditions), **kept})
    return f"{PATH}?{query}" if query else PATH


def kinds_named(conditions: Sequence[Condition]) -> set[str]:
    """The kinds of records whose names the lines choose from; offers are too many to list."""
    found = {LISTED[one.kind] for one in conditions if one.kind in LISTED}
    return found | {one.about or "shops" for one in conditions if one.kind == "did"} - {"offers"}
