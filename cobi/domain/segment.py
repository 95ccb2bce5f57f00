"""Segments: named rules over students' fields. A student belongs who meets every condition that is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import FieldProblem, Identifier, Kind, Region, Text
from cobi.domain.identifiers import format_id
from cobi.domain.json_values import is_array, is_object, whole_number

_LEAP_DAY = (2, 29)
_OLDEST = 150
_MOST_CHOICES = 1000


@dataclass(frozen=True)
class Rule:
    """Each list holds alternatives, empty = any; ages are whole years, both ends included."""

    regions: tuple[str, ...] = ()
    institutes: tuple[bytes, ...] = ()
    courses: tuple[bytes, ...] = ()
    genders: tuple[str, ...] = ()
    min_age: int | None = None
    max_age: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The rule as clients send and read it; what is open is left out."""
        whole = {
            "regions": list(self.regions),
            "institutes": [format_id(institute) for institute in self.institutes],
            "courses": [format_id(course) for course in self.courses],
            "genders": list(self.genders),
            "min_age": self.min_age,
            "max_age": self.max_age,
        }
        return {name: value for name, value in whole.items() if value not in ([], None)}

    def born_until(self, today: date) -> str | None:
        """The last birthdate of those who are at least `min_age` today."""
        return None if self.min_age is None else years_before(today, self.min_age).isoformat()

    def born_after(self, today: date) -> str | None:
        """The birthdate of those who have just become too old."""
        return None if self.max_age is None else years_before(today, self.max_age + 1).isoformat()


def years_before(today: date, years: int) -> date:
    """The same day some years ago; who is born on a leap day is a year older on 28 February."""
    year = max(today.year - years, 1)
    if (today.month, today.day) == _LEAP_DAY:
        return date(year, 2, 28)
    return today.replace(year=year)


_CONDITIONS = ("regions", "institutes", "courses", "genders", "min_age", "max_age")


def parse_rule(document: Any) -> Rule:
    """Read a rule; raises InvalidRequest with what to mend."""
    if not is_object(document):
        raise InvalidRequest("rule must be a JSON object", hint=_SHAPE)
    unknown = sorted(name for name in document if name not in _CONDITIONS)
    if unknown:
        raise InvalidRequest(f"rule has no condition named {unknown[0][:64]!r}", hint=_SHAPE)
    rule = Rule(
        _choices(document, "regions", Region()),
        _choices(document, "institutes", Identifier()),
        _choices(document, "courses", Identifier()),
        _choices(document, "genders", Text()),
        _age(document, "min_age"),
        _age(document, "max_age"),
    )
    if rule.min_age is not None and rule.max_age is not None and rule.min_age > rule.max_age:
        raise InvalidRequest(f"min_age {rule.min_age} is above max_age {rule.max_age}; nobody could belong")
    return rule


_SHAPE = (
    'a rule is {"regions": ["BH"], "institutes": [id], "courses": [id], "genders": ["female"], '
    '"min_age": 18, "max_age": 25}, every condition optional'
)


def _choices(document: Mapping[str, Any], name: str, kind: Kind) -> tuple[Any, ...]:
    value = document.get(name)
    if value is None:
        return ()
    if not is_array(value) or len(value) > _MOST_CHOICES:
        raise InvalidRequest(f"rule.{name} must be a list of at most {_MOST_CHOICES} values", hint=_SHAPE)
    try:
        return tuple(dict.fromkeys(kind.parse(choice) for choice in value))
    except FieldProblem as problem:
        raise InvalidRequest(f"a value of rule.{name} {problem.message}", hint=_SHAPE) from None


def _age(document: Mapping[str, Any], name: str) -> int | None:
    if document.get(name) is None:
        return None
    age = whole_number(document[name])
    if age is not None and 0 <= age <= _OLDEST:
        return age
    raise InvalidRequest(f"rule.{name} must be a whole number from 0 to {_OLDEST}", hint=_SHAPE)
