"""A setting as a field of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cobi.dashboard.wording import words
from cobi.domain.organisation_settings import Setting, words_of


@dataclass(frozen=True)
class Field:
    """An input, or a choice where there are `choices`; `empty` is what holds where it is left empty."""

    name: str
    label: str
    value: str
    default: str
    empty: str
    accepted: str
    choices: Sequence[tuple[str, str]]
    whole: bool
    least: float | None
    most: float | None


def field_of(setting: Setting, name: str, value: str, empty: str) -> Field:
    """The field of a setting, under another name where there are several; `empty` is a choice of its own."""
    schema: dict[str, Any] = setting.kind.schema()
    offered = schema.get("enum") or (["true", "false"] if schema["type"] == "boolean" else [])
    choices = [("", empty), *((one, _choice(one)) for one in offered)] if offered else []
    return Field(
        name,
        words(setting.name).capitalize(),
        value,
        shown(setting.default),
        empty,
        _accepted(schema),
        choices,
        schema["type"] == "integer",
        schema.get("minimum"),
        schema.get("maximum"),
    )


def shown(value: Any) -> str:
    """A setting's value as people read it: yes, SHOW, 0.5."""
    return _choice(words_of(value))


def _accepted(schema: Mapping[str, Any]) -> str:
    """What a number may be, in words: 0, or a number from 0.1 to 10,000."""
    inside = {**schema, **schema.get("anyOf", [{}])[-1]}
    what = "whole number" if schema["type"] == "integer" else "number"
    never = "0, or " if "anyOf" in schema else ""
    return f"{never}a {what} from {inside.get('minimum', 0):,g} to {inside.get('maximum', 0):,.12g}"


def _choice(text: str) -> str:
    return {"true": "yes", "false": "no"}.get(text, text)
