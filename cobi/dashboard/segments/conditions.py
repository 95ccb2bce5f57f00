"""Conditions as a form has them, and the rules they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from cobi.domain.errors import InvalidRequest
from cobi.domain.segments.reading import MOST_TOGETHER

MOST = MOST_TOGETHER
"""Conditions of one form: as many as a list of a rule may hold."""

MUST = {"all": "who", "any": "either who", "not": "but not who"}
"""How a condition counts, as the form says it."""

KINDS = {
    "region": "live in a region",
    "age": "are of an age",
    "gender": "are of a gender",
    "institute": "study at an institute",
    "course": "take a course",
    "new": "came lately",
    "inactive": "did nothing lately",
    "did": "did something in the app",
    "bought": "bought something",
    "favourite": "have a favourite shop",
}
"""Kinds of conditions, as the form names them."""

ITEMS = ("shops", "tags", "keywords", "offers")

Resolve = Callable[[str, str], Sequence[str]]
"""The ids that a name of a kind stands for; raises InvalidRequest."""

Rule = dict[str, Any]


@dataclass(frozen=True)
class Condition:
    """A line of the form, each field as it was typed; `of` are names or ids, several with semicolons between."""

    must: str
    kind: str
    of: str = ""
    what: str = ""
    about: str = ""
    times: str = ""
    days: str = ""
    low: str = ""
    high: str = ""
    saved: str = ""


_FIELDS = tuple(field.name for field in fields(Condition))


def conditions_of(query: Mapping[str, str]) -> list[Condition]:
    """The conditions of an address or a form; those of no known kind are left out."""
    found: list[Condition] = []
    for at in range(MOST):
        sent = {name: query.get(f"{name}{at}", "").strip() for name in _FIELDS}
        if sent["kind"] in KINDS:
            found.append(Condition(**{**sent, "must": sent["must"] if sent["must"] in MUST else "all"}))
    return found


def as_query(conditions: Sequence[Condition]) -> dict[str, str]:
    """The same as an address has them, what is empty left out."""
    return {
        f"{name}{at}": value
        for at, one in enumerate(conditions)
        for name in _FIELDS
        if (value := getattr(one, name))
    }


def rule_of(conditions: Sequence[Condition], resolve: Resolve) -> Rule:
    """The rule as the API takes it; raises InvalidRequest where a name stands for nothing."""
    parts: dict[str, list[Rule]] = {name: [] for name in MUST}
    for one in conditions:
        part = _part(one, resolve)
        if part:
            parts[one.must].append(part)
    rule: Rule = {}
    for part in parts["all"]:
        # As high as it can stand: a rule's own regions are what its offers are limited to.
        if rule.keys() & part.keys():
            rule.setdefault("all", []).append(part)
        else:
            rule.update(part)
    if parts["any"]:
        rule["any"] = parts["any"]
    if parts["not"]:
        rule["not"] = parts["not"][0] if len(parts["not"]) == 1 else {"any": parts["not"]}
    return rule


def _part(one: Condition, resolve: Resolve) -> Rule:
    return _PARTS[one.kind](one, resolve)


def _field(name: str) -> Callable[[Condition, Resolve], Rule]:
    return lambda one, _: _some(name, _split(one.of.replace(",", ";")))


def _study(name: str) -> Callable[[Condition, Resolve], Rule]:
    return lambda one, resolve: _some(name, _ids(one, name, resolve))


def _lately(name: str) -> Callable[[Condition, Resolve], Rule]:
    return lambda one, _: _given(**{name: _number(one.days)})


def _age(one: Condition, _: Resolve) -> Rule:
    return _given(min_age=_number(one.low), max_age=_number(one.high))


def _bought(one: Condition, resolve: Resolve) -> Rule:
    items = _some("shops", _ids(one, "shops", resolve))
    return {"bought": {**items, **_often(one), **_given(min_savings=_money(one.saved))}}


def _favourite(one: Condition, resolve: Resolve) -> Rule:
    times = _given(at_least=_number(one.times))
    return {"favourites": {**_some("shops", _ids(one, "shops", resolve)), **times}}


def _did(one: Condition, resolve: Resolve) -> Rule:
    about = one.about if one.about in ITEMS else ITEMS[0]
    types = [one.what] if one.what else []
    items = _some(about, _ids(one, about, resolve))
    return {"did": {**_some("types", types), **items, **_often(one)}}


_PARTS: Mapping[str, Callable[[Condition, Resolve], Rule]] = {
    "region": _field("regions"),
    "age": _age,
    "gender": _field("genders"),
    "institute": _study("institutes"),
    "course": _study("courses"),
    "new": _lately("new_within_days"),
    "inactive": _lately("inactive_days"),
    "did": _did,
    "bought": _bought,
    "favourite": _favourite,
}


def _ids(one: Condition, kind: str, resolve: Resolve) -> list[str]:
    return [identifier for name in _split(one.of) for identifier in resolve(kind, name)]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _often(one: Condition) -> Rule:
    return _given(within_days=_number(one.days), at_least=_number(one.times))


def _some(name: str, values: Sequence[str]) -> Rule:
    return {name: list(values)} if values else {}


def _given(**values: Any) -> Rule:
    return {name: value for name, value in values.items() if value is not None}


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidRequest(f"{text[:64]!r} is not a whole number")
    return int(text)


def _money(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidRequest(f"{text[:64]!r} is not a sum of money") from None
