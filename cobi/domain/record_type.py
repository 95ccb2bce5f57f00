"""What a record type is: its fields, what makes it valid as a whole, how a JSON object becomes its values."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cobi.domain.fields import Field, FieldProblem, Identifier, Reference
from cobi.domain.json_values import is_object

_LONGEST_ECHO = 200
_LONGEST_MISTYPED = 64
_LARGEST_ECHOED_INTEGER = 10**30


@dataclass(frozen=True)
class Problem:
    """Why a record is refused: the field, a stable code, a sentence, and the offending value."""

    field: str | None
    code: str
    message: str
    value: Any = None


Values = dict[str, Any]
"""A record's values by field name, as `Kind.parse` returns them; an absent field has no entry (D8)."""

Invariant = Callable[[Mapping[str, Any]], Problem | None]


@dataclass(frozen=True)
class RecordType:
    """One declared type; decoder, table, OpenAPI and reference page are made from it."""

    name: str
    singular: str
    meaning: str
    fields: tuple[Field, ...]
    invariants: tuple[Invariant, ...] = ()
    derive_id: Callable[[Mapping[str, Any]], bytes] | None = None

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    @cached_property
    def id_field(self) -> Field:
        """The field that identifies a record: the type's first."""
        return self.fields[0]

    @cached_property
    def references(self) -> tuple[tuple[Field, str], ...]:
        """The fields that name records of other types, with those types' names."""
        return tuple((field, field.kind.to) for field in self.fields if isinstance(field.kind, Reference))

    @cached_property
    def required(self) -> frozenset[str]:
        """The names of the fields a new record must have."""
        return frozenset(field.name for field in self.fields if field.required)

    @cached_property
    def _parsers(self) -> dict[str, Callable[[Any], Any]]:
        """How each field is read: one look-up a field, for every record passes here."""
        return {field.name: field.kind.parse for field in self.fields}

    @cached_property
    def _renderers(self) -> list[tuple[str, Callable[[Any], Any]]]:
        return [(field.name, field.kind.render) for field in self.fields]

    def parse(self, document: Any) -> tuple[Values, list[Problem], list[str]]:
        """Read a decoded JSON value: its values, why it is refused (empty: it is not), its unknown names."""
        if not is_object(document):
            return (
                {},
                [Problem(None, "not_an_object", "each record must be a JSON object", echo(document))],
                [],
            )
        values: Values = {}
        problems: list[Problem] = []
        unknown: list[str] = []
        parsers = self._parsers
        for name, value in document.items():
            parse = parsers.get(name)
            if parse is None:
                unknown.append(name)
            elif value is not None:
                try:
                    values[name] = parse(value)
                except FieldProblem as problem:
                    problems.append(Problem(name, problem.code, f"{name} {problem.message}", echo(value)))
            elif name in self.required:
                problems.append(Problem(name, "null_not_allowed", f"{name} must not be null"))
            else:
                values[name] = None
        return values, problems, unknown

    def missing(self, values: Values) -> list[Problem]:
        """The required fields a new record lacks."""
        if self.required <= values.keys():
            return []
        return [
            Problem(name, "missing_field", f"{name} is required")
            for name in sorted(self.required - values.keys(), key=list(self.by_name).index)
        ]

    def violations(self, values: Mapping[str, Any]) -> list[Problem]:
        """The invariants that a whole record breaks."""
        return [problem for invariant in self.invariants if (problem := invariant(values)) is not None]

    def render(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Write stored values as the JSON object a client reads back."""
        return self.render_values([stored[field.name] for field in self.fields])

    def render_values(self, stored: Sequence[Any]) -> dict[str, Any]:
        """The same for values in the order of the fields."""
        return {
            name: None if value is None else render(value)
            for (name, render), value in zip(self._renderers, stored, strict=True)
        }

    def nearest(self, name: str) -> str | None:
        """The known field name a mistyped one probably meant (D9)."""
        if len(name) > _LONGEST_MISTYPED:
            return None
        folded = {known.replace("_", ""): known for known in self.by_name}
        close = difflib.get_close_matches(
            name.lower().replace("_", "").replace("-", ""), folded, n=1, cutoff=0.75
        )
        return folded[close[0]] if close else None


def echo(value: Any) -> Any:
    """The offending value as an answer may repeat it: short, and never a whole document."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_ECHO else value[:_LONGEST_ECHO] + "…"
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_ECHOED_INTEGER else "an integer of more than 30 digits"
    return value if isinstance(value, float) else f"({'array' if isinstance(value, list) else 'object'})"


def identifier(name: str, meaning: str, *, required: bool = True) -> Field:
    """The field that identifies a record."""
    return Field(name, Identifier(), meaning, required)


def reference(name: str, to: str, meaning: str, *, required: bool = False, looked_up: bool = False) -> Field:
    """A field that names a record of another type; `looked_up` where records are found by it."""
    return Field(name, Reference(to=to, looked_up=looked_up), meaning, required)
