"""The kinds of field a record can have: how each reads a JSON value, what it refuses, how it is written back.

A kind is stateless; `Field` gives it a name, a meaning and whether it must be there.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

from cobi.domain import patterns
from cobi.domain.identifiers import format_id, parse_id
from cobi.domain.moments import format_moment, parse_epoch, parse_moment
from cobi.domain.regions import REGIONS

Storage = Literal["uuid", "reference", "text", "real", "boolean", "moment", "code"]
"""How the store keeps a value; `store.schema` maps each to a column type."""

MAX_NUMBER = 1e15
"""Above this a double no longer holds cents exactly."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY_BY_NAME = {name.lower(): name for name in _WEEKDAYS}
_BOOLEAN_TEXTS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class FieldProblem(Exception):
    """A value its field refuses: a stable code and a sentence for the person who sent it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Kind:
    """How one kind of value is read, written and described; subclasses override what differs from text."""

    storage: Storage = "text"

    def parse(self, value: Any) -> Any:
        """Turn a JSON value into the stored one, or raise FieldProblem."""
        raise NotImplementedError

    def render(self, stored: Any) -> Any:
        """Turn a stored value into its JSON form."""
        return stored

    def from_text(self, text: str) -> Any:
        """Turn a CSV cell into the JSON value it stands for; what does not convert is left for `parse`."""
        return text

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of an accepted value."""
        return {"type": "string"}

    def constraint(self) -> str:
        """The constraint in words, for the reference page."""
        return "text"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


@dataclass(frozen=True)
class Text(Kind):
    """Free text, trimmed, without control characters."""

    max_length: int = 512

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise FieldProblem("wrong_type", f"expected a text, got {_type_name(value)}")
        if not value.isprintable() and any(map(_is_control, value)):
            raise FieldProblem(
                "control_character", "contains NUL, a control character or a lone surrogate; remove it"
            )
        trimmed = value.strip()
        if not trimmed:
            raise FieldProblem(
                "empty_text", f"is empty; send 1 to {self.max_length} characters, or null if it may be null"
            )
        if len(trimmed) > self.max_length:
            raise FieldProblem(
                "too_long", f"has {len(trimmed)} characters; at most {self.max_length} are accepted"
            )
        return trimmed

    def schema(self) -> dict[str, Any]:
        pattern = patterns.PRINTABLE
        return {"type": "string", "minLength": 1, "maxLength": self.max_length, "pattern": pattern}

    def constraint(self) -> str:
        return f"text, 1 to {self.max_length} characters"


@dataclass(frozen=True)
class Pseudonym(Text):
    """A text that stands for a person, kept just as sent (D20)."""

    max_length: int = 128

    def parse(self, value: Any) -> str:
        super().parse(value)
        if len(value) > self.max_length:
            raise FieldProblem(
                "too_long", f"has {len(value)} characters; at most {self.max_length} are accepted"
            )
        return value


@dataclass(frozen=True)
class Identifier(Kind):
    """A UUID of any version, with dashes or without (D10)."""

    storage: Storage = "uuid"

    def parse(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise FieldProblem("wrong_type", f"expected a UUID as text, got {_type_name(value)}")
        parsed = parse_id(value)
        if parsed is None:
            raise FieldProblem(
                "malformed_id", "is not a UUID (32 hexadecimal digits, with dashes or without)"
            )
        return parsed

    def render(self, stored: bytes) -> str:
        return format_id(stored)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}

    def constraint(self) -> str:
        return "UUID"


@dataclass(frozen=True)
class Reference(Identifier):
    """The UUID of a record of another type, which must be stored first (D17)."""

    to: str = ""
    looked_up: bool = False
    """Whether records are found by it, so that the store keeps an index."""
    storage: Storage = "reference"

    def constraint(self) -> str:
        return f"UUID of one of the {self.to}"


@dataclass(frozen=True)
class Number(Kind):
    """A finite number inside bounds."""

    minimum: float = -MAX_NUMBER
    maximum: float = MAX_NUMBER
    above: float | None = None
    storage: Storage = "real"

    def parse(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FieldProblem("wrong_type", f"expected a number, got {_type_name(value)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise FieldProblem("out_of_range", "is not a finite number")
        if self.above is not None and value <= self.above:
            raise FieldProblem("out_of_range", f"must be greater than {self.above:g}")
        if not self.minimum <= value <= self.maximum:
            raise FieldProblem("out_of_range", f"must be {self._range()}")
        return float(value)

    def from_text(self, text: str) -> Any:
        try:
            return float(text)
        except ValueError:
            return text

    def schema(self) -> dict[str, Any]:
        lower = {"minimum": self.minimum} if self.above is None else {"exclusiveMinimum": self.above}
        return {"type": "number", **lower, "maximum": self.maximum}

    def constraint(self) -> str:
        return f"number {self._range()}"

    def _range(self) -> str:
        lower = f"> {self.above:g}" if self.above is not None else f"≥ {self.minimum:g}"
        return f"{lower} and ≤ {self.maximum:g}"


@dataclass(frozen=True)
class Boolean(Kind):
    """True or false; a null means the default."""

    default: bool = False
    storage: Storage = "boolean"

    def parse(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise FieldProblem("wrong_type", f"expected true or false, got {_type_name(value)}")
        return value

    def render(self, stored: Any) -> bool | None:
        return None if stored is None else bool(stored)

    def from_text(self, text: str) -> Any:
        return _BOOLEAN_TEXTS.get(text.strip().lower(), text)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "default": self.default}

    def constraint(self) -> str:
        return f"boolean, null = {str(self.default).lower()}"


@dataclass(frozen=True)
class Region(Kind):
    """An ISO 3166-1 alpha-2 code in any case, kept in upper case (D12)."""

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise FieldProblem("wrong_type", f"expected a two-letter region, got {_type_name(value)}")
        region = value.strip().upper()
        if region not in REGIONS:
            raise FieldProblem("unknown_region", "is not an ISO 3166-1 alpha-2 code, such as BH or AE")
        return region

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^({patterns.REGION})$"}

    def constraint(self) -> str:
        return "ISO 3166-1 alpha-2"


@dataclass(frozen=True)
class Moment(Kind):
    """An ISO 8601 date-time; without an offset it is UTC."""

    storage: Storage = "moment"

    def parse(self, value: Any) -> int:
        if not isinstance(value, str):
            raise FieldProblem("wrong_type", f"expected an ISO 8601 date-time, got {_type_name(value)}")
        moment = parse_moment(value.strip())
        if moment is None:
            raise FieldProblem(
                "malformed_datetime", "is not an ISO 8601 date-time, such as 2026-02-28T09:30:00Z"
            )
        return moment

    def render(self, stored: int) -> str:
        return format_moment(stored)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def constraint(self) -> str:
        return "ISO 8601 date-time"


@dataclass(frozen=True)
class Day(Kind):
    """A calendar day; of a date-time the day is taken."""

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise FieldProblem("wrong_type", f"expected a date, got {_type_name(value)}")
        try:
            return datetime.fromisoformat(value.strip()).date().isoformat()
        except ValueError:
            raise FieldProblem("malformed_date", "is not an ISO 8601 date, such as 2004-02-29") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def constraint(self) -> str:
        return "ISO 8601 date"


_EVENT_TIME_FORMS = (
    "send a positive integer in seconds (< 10^11), milliseconds (< 10^14) or microseconds (< 10^17), "
    "or an ISO 8601 date-time"
)


@dataclass(frozen=True)
class EventTime(Kind):
    """When it happened, as a positive integer or an ISO 8601 date-time after 1970 (D22)."""

    storage: Storage = "moment"

    def parse(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise FieldProblem("wrong_type", f"got {_type_name(value)}; {_EVENT_TIME_FORMS}")
        moment = parse_epoch(value) if isinstance(value, int) else self._of_text(value.strip())
        if moment is None:
            raise FieldProblem("malformed_timestamp", f"is not a point in time; {_EVENT_TIME_FORMS}")
        return moment

    def render(self, stored: int) -> str:
        return format_moment(stored)

    def from_text(self, text: str) -> Any:
        digits = text.strip()
        # Longer ones are no time, and `int` refuses thousands of digits.
        return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else text

    def schema(self) -> dict[str, Any]:
        integer = {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10**17}
        return {"oneOf": [integer, {"type": "string", "format": "date-time"}]}

    def constraint(self) -> str:
        return "positive integer (s, ms or µs since 1970) or ISO 8601 date-time"

    @staticmethod
    def _of_text(text: str) -> int | None:
        # A bare "1718035200" would read as a date in ISO 8601's basic format; D22 refuses numeric strings.
        moment = None if text.isdecimal() else parse_moment(text)
        return moment if moment is not None and moment > 0 else None


@dataclass(frozen=True)
class Choice(Kind):
    """One name out of a closed list, kept as its small code."""

    codes: type[IntEnum]
    storage: Storage = "code"
    code_of: dict[str, int] = field(init=False, repr=False, compare=False)
    name_of: dict[int, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        members = {name: code.value for name, code in self.codes.__members__.items()}
        object.__setattr__(self, "code_of", members)
        object.__setattr__(self, "name_of", {code: name for name, code in members.items()})

    def parse(self, value: Any) -> int:
        code = self.code_of.get(value) if isinstance(value, str) else None
        if code is not None:
            return code
        raise FieldProblem("unknown_choice", f"must be one of {', '.join(self.codes.__members__)}")

    def render(self, stored: int) -> str:
        return self.name_of[stored]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.codes.__members__)}

    def constraint(self) -> str:
        return " · ".join(self.codes.__members__)


@dataclass(frozen=True)
class IdList(Kind):
    """Comma-separated UUIDs."""

    def parse(self, value: Any) -> str:
        parts = _split(value, "comma-separated UUIDs")
        ids = [parse_id(part) for part in parts]
        wrong = next((part for part, parsed in zip(parts, ids, strict=True) if parsed is None), None)
        if wrong is not None:
            raise FieldProblem("malformed_id", f"{wrong[:64]!r} in the list is not a UUID")
        return ",".join(format_id(parsed) for parsed in ids if parsed is not None)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": patterns.list_of(patterns.UUID)}

    def constraint(self) -> str:
        return "comma-separated UUIDs"


@dataclass(frozen=True)
class DayList(Kind):
    """Comma-separated English names of days."""

    def parse(self, value: Any) -> str:
        parts = _split(value, "comma-separated day names")
        wrong = next((part for part in parts if part.lower() not in _WEEKDAY_BY_NAME), None)
        if wrong is not None:
            raise FieldProblem("unknown_choice", f"{wrong[:64]!r} is not an English day name, such as Monday")
        named = {_WEEKDAY_BY_NAME[part.lower()] for part in parts}
        return ",".join(day for day in _WEEKDAYS if day in named)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": patterns.list_of("|".join(map(patterns.any_case, _WEEKDAYS)))}

    def constraint(self) -> str:
        return "comma-separated English day names"


def weekday_name(weekday: int) -> str:
    """The English name of a weekday counted from Monday = 0."""
    return _WEEKDAYS[weekday]


def _split(value: Any, expected: str) -> list[str]:
    if not isinstance(value, str):
        raise FieldProblem("wrong_type", f"expected {expected}, got {_type_name(value)}")
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise FieldProblem("empty_text", f"is empty; send {expected} or null")
    return parts


_TYPE_NAMES: dict[type[object], str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    str: "a text",
    list: "an array",
    dict: "an object",
}


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "null")


@dataclass(frozen=True)
class Field:
    """One field of a record type: its name, kind, one-line meaning, and whether it must be there."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    column: str = field(init=False)

    def __post_init__(self) -> None:
        # A reference is stored as the small integer key of the row it names.
        suffixed = self.name.removesuffix("_id") + "_key" if isinstance(self.kind, Reference) else self.name
        object.__setattr__(self, "column", suffixed)
