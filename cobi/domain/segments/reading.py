"""From JSON to a rule, strictly: every error names the path to what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import FieldProblem, Identifier, Kind, Region, Text
from cobi.domain.interaction import InteractionType
from cobi.domain.json_values import is_array, is_object, whole_number
from cobi.domain.segments.rule import Bought, Did, Favourites, Rule

OLDEST = 150
MOST_DAYS = 3650
MOST_TIMES = 1_000_000
MOST_CHOICES = 1000
MOST_IDS = 5000
"""In all lists of a rule together."""
MOST_RULES = 50
"""A rule and all rules inside it."""
MOST_TOGETHER = 8
"""In one list of rules."""
DEEPEST = 3

HINT = (
    'a rule is such as {"regions": ["BH"], "max_age": 25, "did": {"tags": [id], "within_days": 30}, '
    '"not": {"bought": {"within_days": 30}}}; docs/how-to/segments.md lists every condition'
)

Part = TypeVar("Part")


def parse_rule(document: Any) -> Rule:
    """Read a rule; raises InvalidRequest with what to mend."""
    return _Reading().rule("rule", document, 1)


class _Reading:
    """One rule's reading; counts what it has read so far."""

    def __init__(self) -> None:
        self.rules = self.ids = 0

    def rule(self, path: str, document: Any, depth: int) -> Rule:
        self.rules += 1
        if depth > DEEPEST:
            raise _wrong(f"{path} lies deeper than {DEEPEST} rules inside one another")
        if self.rules > MOST_RULES:
            raise _wrong(f"{path} is one more than the {MOST_RULES} rules that one may be made of")
        fields = _Object(self, path, document, _CONDITIONS)
        rule = Rule(
            fields.choices("regions", Region()),
            fields.choices("institutes", Identifier()),
            fields.choices("courses", Identifier()),
            fields.choices("genders", Text()),
            fields.number("min_age", 0, OLDEST),
            fields.number("max_age", 0, OLDEST),
            fields.number("new_within_days", 1, MOST_DAYS),
            fields.number("inactive_days", 1, MOST_DAYS),
            fields.part("did", _did),
            fields.part("bought", _bought),
            fields.part("favourites", _favourites),
            self._rules(fields, "all", depth),
            self._rules(fields, "any", depth),
            fields.part("not", lambda reading, at, inside: reading.rule(at, inside, depth + 1)),
        )
        if rule.min_age is not None and rule.max_age is not None and rule.min_age > rule.max_age:
            message = f"{path}.min_age {rule.min_age} is above max_age {rule.max_age}; nobody could belong"
            raise InvalidRequest(message)
        return rule

    def _rules(self, fields: _Object, name: str, depth: int) -> tuple[Rule, ...]:
        value, path = fields.get(name), f"{fields.path}.{name}"
        if value is None:
            return ()
        if not is_array(value) or not 1 <= len(value) <= MOST_TOGETHER:
            raise _wrong(f"{path} must be a list of 1 to {MOST_TOGETHER} rules")
        return tuple(self.rule(f"{path}[{at}]", inside, depth + 1) for at, inside in enumerate(value))


class _Object:
    """A JSON object that may have these members."""

    def __init__(self, reading: _Reading, path: str, document: Any, known: tuple[str, ...]) -> None:
        if not is_object(document):
            raise _wrong(f"{path} must be a JSON object")
        unknown = sorted(name for name in document if name not in known)
        if unknown:
            raise _wrong(f"{path} has no condition named {unknown[0][:64]!r}; it may have {', '.join(known)}")
        self._members: Mapping[str, Any] = document
        self._reading = reading
        self.path = path

    def get(self, name: str) -> Any:
        return self._members.get(name)

    def part(self, name: str, read: Callable[[_Reading, str, Any], Part]) -> Part | None:
        value = self.get(name)
        return None if value is None else read(self._reading, f"{self.path}.{name}", value)

    def choices(self, name: str, kind: Kind) -> tuple[Any, ...]:
        path, found = f"{self.path}.{name}", list[Any]()
        for at, choice in enumerate(self._list(name)):
            try:
                found.append(kind.parse(choice))
            except FieldProblem as problem:
                raise _wrong(f"{path}[{at}] {problem.message}") from None
        return tuple(dict.fromkeys(found))

    def types(self) -> tuple[InteractionType, ...]:
        names, found = ", ".join(InteractionType.__members__), list[InteractionType]()
        for at, choice in enumerate(self._list("types")):
            if not isinstance(choice, str) or choice not in InteractionType.__members__:
                raise _wrong(f"{self.path}.types[{at}] must be one of {names}")
            found.append(InteractionType[choice])
        return tuple(dict.fromkeys(found))

    def number(self, name: str, least: int, most: int) -> int | None:
        value = self.get(name)
        number = whole_number(value)
        if value is None or (number is not None and least <= number <= most):
            return number
        raise _wrong(f"{self.path}.{name} must be a whole number from {least} to {most}")

    def money(self, name: str) -> float | None:
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e12:
            raise _wrong(f"{self.path}.{name} must be a number from 0 to 10^12")
        return float(value)

    def _list(self, name: str) -> list[Any]:
        value, path = self.get(name), f"{self.path}.{name}"
        if value is None:
            return []
        if not is_array(value) or len(value) > MOST_CHOICES:
            raise _wrong(f"{path} must be a list of at most {MOST_CHOICES} values")
        self._reading.ids += len(value)
        if self._reading.ids > MOST_IDS:
            raise _wrong(
                f"{path} goes beyond the {MOST_IDS} values that all lists of a rule may have together"
            )
        return value


_ITEMS = ("offers", "shops", "tags", "keywords")
_CONDITIONS = (
    "regions", "institutes", "courses", "genders", "min_age", "max_age", "new_within_days", "inactive_days",
    "did", "bought", "favourites", "all", "any", "not",
)  # fmt: skip


def _did(reading: _Reading, path: str, document: Any) -> Did:
    fields = _Object(reading, path, document, ("types", *_ITEMS, "within_days", "at_least"))
    items = {name: fields.choices(name, Identifier()) for name in _ITEMS}
    return Did(types=fields.types(), **items, **_how_often(fields))


def _bought(reading: _Reading, path: str, document: Any) -> Bought:
    fields = _Object(reading, path, document, ("shops", "offers", "within_days", "at_least", "min_savings"))
    items = {name: fields.choices(name, Identifier()) for name in ("shops", "offers")}
    return Bought(**items, **_how_often(fields), min_savings=fields.money("min_savings"))


def _favourites(reading: _Reading, path: str, document: Any) -> Favourites:
    fields = _Object(reading, path, document, ("shops", "at_least"))
    return Favourites(fields.choices("shops", Identifier()), fields.number("at_least", 1, MOST_TIMES) or 1)


def _how_often(fields: _Object) -> dict[str, Any]:
    return {
        "within_days": fields.number("within_days", 1, MOST_DAYS),
        "at_least": fields.number("at_least", 1, MOST_TIMES) or 1,
    }


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(message, hint=HINT)
