"""Rules as the conditions of a form, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cobi.dashboard.segments.conditions import ITEMS, MOST, Condition, Resolve, rule_of
from cobi.domain.errors import InvalidRequest
from cobi.domain.segments.reading import parse_rule

Names = Mapping[str, str]
"""What ids are called."""

_LISTS = {"regions": "region", "genders": "gender", "institutes": "institute", "courses": "course"}
DID = {
    "": "did anything with",
    "DISCOUNT_CODE": "revealed a code of",
    "PAGE_VIEW": "looked at",
    "SHARE": "shared",
    "FILTER_CLICK": "filtered by",
}
"""What a student did, by the type of the interaction; of no type, anything."""
_MOST_SAID = 4


class _NoForm(Exception):
    """The rule says more than a form can."""


def conditions_of_rule(rule: Mapping[str, Any], names: Names) -> list[Condition] | None:
    """The conditions that make this rule; None where no form can say it."""
    try:
        found = [*_of_whole(rule, names, "all")]
    except _NoForm:
        return None
    return found if len(found) <= MOST else None


def faithful(rule: Mapping[str, Any], names: Names, resolve: Resolve) -> list[Condition] | None:
    """The conditions with names where these lead back to the very same rule, with ids elsewhere."""
    plain, named = conditions_of_rule(rule, {}), conditions_of_rule(rule, names)
    if plain is None or named is None:
        return None
    try:
        again = conditions_of_rule(parse_rule(rule_of(named, resolve)).as_json(), {})
    except InvalidRequest:
        return plain
    return named if again is not None and _alike(again) == _alike(plain) else plain


def _alike(conditions: Sequence[Condition]) -> set[Condition]:
    """Without the order of the lines and of what each names."""
    return {replace(one, of="; ".join(sorted(one.of.split("; ")))) for one in conditions}


def _of_whole(rule: Mapping[str, Any], names: Names, must: str) -> Iterator[Condition]:
    own = {name: value for name, value in rule.items() if name not in ("all", "any", "not")}
    yield from _own(own, names, must)
    for part in rule.get("all", ()):
        yield _single(part, names, "all")
    for part in rule.get("any", ()):
        yield _single(part, names, "any")
    if "not" in rule:
        refused = rule["not"]
        for part in refused["any"] if set(refused) == {"any"} else [refused]:
            yield _single(part, names, "not")


def _single(part: Mapping[str, Any], names: Names, must: str) -> Condition:
    if {"all", "any", "not"} & part.keys():
        raise _NoForm
    found = list(_own(part, names, must))
    if len(found) != 1:
        raise _NoForm
    return found[0]


def _own(rule: Mapping[str, Any], names: Names, must: str) -> Iterator[Condition]:
    for field, kind in _LISTS.items():
        if field in rule:
            yield Condition(must, kind, _joined(rule[field], names))
    if "min_age" in rule or "max_age" in rule:
        yield Condition(must, "age", low=_text(rule.get("min_age")), high=_text(rule.get("max_age")))
    for field, kind in (("new_within_days", "new"), ("inactive_days", "inactive")):
        if field in rule:
            yield Condition(must, kind, days=_text(rule[field]))
    if "did" in rule:
        yield _did(rule["did"], names, must)
    if "bought" in rule:
        yield _bought(rule["bought"], names, must)
    if "favourites" in rule:
        liked = rule["favourites"]
        of, times = _joined(liked.get("shops", ()), names), _text(liked["at_least"])
        yield Condition(must, "favourite", of, times=times)


def _did(did: Mapping[str, Any], names: Names, must: str) -> Condition:
    kinds, types = [kind for kind in ITEMS if did.get(kind)], did.get("types", [])
    if len(kinds) > 1 or len(types) > 1:
        raise _NoForm
    about = kinds[0] if kinds else ITEMS[0]
    return Condition(
        must,
        "did",
        _joined(did.get(about, ()), names),
        types[0] if types else "",
        about,
        _text(did["at_least"]),
        _text(did.get("within_days")),
    )


def _bought(bought: Mapping[str, Any], names: Names, must: str) -> Condition:
    if bought.get("offers"):
        raise _NoForm
    saved = bought.get("min_savings")
    return Condition(
        must,
        "bought",
        _joined(bought.get("shops", ()), names),
        times=_text(bought["at_least"]),
        days=_text(bought.get("within_days")),
        saved="" if saved is None else f"{saved:g}",
    )


def _joined(values: Sequence[str], names: Names) -> str:
    """Names where they say the same as the ids: of one name all its ids, and no name with a semicolon."""
    often = Counter(names.values())
    said = [
        names[one] if one in names and often[names[one]] == 1 and ";" not in names[one] else one
        for one in values
    ]
    return "; ".join(said)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def words_of(rule: Mapping[str, Any], names: Names) -> str:
    """Who meets a rule, in words."""
    parts = [*_clauses(rule, names)]
    return ", ".join(parts) if parts else "everybody"


def _clauses(rule: Mapping[str, Any], names: Names) -> Iterator[str]:
    yield from _are(rule, names)
    for field, said in (("did", _done), ("bought", _purchased), ("favourites", _liked)):
        if field in rule:
            yield said(rule[field], names)
    for part in rule.get("all", ()):
        yield words_of(part, names)
    if rule.get("any"):
        several = "either " if len(rule["any"]) > 1 else ""
        yield several + " or ".join(words_of(part, names) for part in rule["any"])
    if "not" in rule:
        yield f"but not {words_of(rule['not'], names)}"


def _are(rule: Mapping[str, Any], names: Names) -> Iterator[str]:
    for field, before in (("regions", "in"), ("genders", ""), ("institutes", "at"), ("courses", "studying")):
        if field in rule:
            yield f"{before} {_either(rule[field], names)}".strip()
    if "min_age" in rule or "max_age" in rule:
        yield _age(rule.get("min_age"), rule.get("max_age"))
    if "new_within_days" in rule:
        yield f"first seen in the last {_days(rule['new_within_days'])}"
    if "inactive_days" in rule:
        yield f"idle for {_days(rule['inactive_days'])}"


def _liked(liked: Mapping[str, Any], names: Names) -> str:
    shops = f" of {_either(liked['shops'], names)}" if liked.get("shops") else ""
    return f"with at least {liked['at_least']} favourite{'s' * (liked['at_least'] != 1)}{shops}"


def _age(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low} to {high} years old"
    return f"at least {low} years old" if low is not None else f"at most {high} years old"


def _done(did: Mapping[str, Any], names: Names) -> str:
    types = did.get("types", [])
    verb = " or ".join(DID[one] for one in types) if types else DID[""]
    items = [one for kind in ITEMS for one in did.get(kind, ())]
    return f"who {verb} {_either(items, names) if items else 'anything'}{_often(did)}"


def _purchased(bought: Mapping[str, Any], names: Names) -> str:
    items = [*bought.get("shops", ()), *bought.get("offers", ())]
    where = f" with {_either(items, names)}" if items else ""
    saved = f", saving at least {bought['min_savings']:g}" if bought.get("min_savings") else ""
    return f"who bought{where}{_often(bought)}{saved}"


def _often(part: Mapping[str, Any]) -> str:
    times = f" at least {part['at_least']} times" if part["at_least"] > 1 else ""
    days = f" in the last {_days(part['within_days'])}" if part.get("within_days") else ""
    return f"{times}{days}"


def _days(number: int) -> str:
    return f"{number} day{'s' * (number != 1)}"


def _either(values: Sequence[str], names: Names) -> str:
    """Alternatives, each name once; of many the first few."""
    said = list(dict.fromkeys(names.get(one, one) for one in values))
    shown = (
        said if len(said) <= _MOST_SAID else [*said[: _MOST_SAID - 1], f"{len(said) - _MOST_SAID + 1} others"]
    )
    return " or ".join(shown)
