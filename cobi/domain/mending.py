"""Rules that mend refused records before they are tried again; each changes one field of one record.

[{"rename": "shop", "to": "shop_id"}, {"replace": "region", "value": "Bahrain", "by": "BH"},
{"default": "name", "value": "unnamed"}, {"read": "amount"}, {"set": "source", "value": null}, {"drop": "x"}]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cobi.domain.errors import InvalidRequest
from cobi.domain.fields import FieldProblem, Kind
from cobi.domain.json_values import is_array, is_object
from cobi.domain.record_type import RecordType

MAX_RULES = 100

Record = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_SHAPE = (
    '{"set": FIELD, "value": V} · {"default": FIELD, "value": V} · {"rename": NAME, "to": FIELD} · '
    '{"replace": FIELD, "value": OLD, "by": NEW} · {"read": FIELD} · {"drop": NAME}'
)


@dataclass(frozen=True)
class Set:
    """Gives the field this value, whatever it had."""

    field: str
    value: Any

    def apply(self, record: Record) -> None:
        record[self.field] = self.value


@dataclass(frozen=True)
class Default:
    """Gives the field this value where it is absent, null or blank."""

    field: str
    value: Any

    def apply(self, record: Record) -> None:
        if _is_blank(record.get(self.field)):
            record[self.field] = self.value


@dataclass(frozen=True)
class Rename:
    """Moves what lies under another name to the field, unless the field has a value of its own.

    A text is read like the cell of a CSV file, because under the other name nobody knew what it was to be.
    """

    name: str
    field: str
    kind: Kind

    def apply(self, record: Record) -> None:
        if self.name in record and _is_blank(record.get(self.field)):
            record[self.field] = _read_cell(self.kind, record.pop(self.name))


@dataclass(frozen=True)
class Replace:
    """Exchanges one value of the field for another; texts are compared without blanks around them."""

    field: str
    value: Any
    by: Any

    def apply(self, record: Record) -> None:
        if self.field in record and _same(record[self.field], self.value):
            record[self.field] = self.by


@dataclass(frozen=True)
class Read:
    """Reads a text in the field like the cell of a CSV file: "12.50" becomes 12.5, "yes" true, "" null."""

    field: str
    kind: Kind

    def apply(self, record: Record) -> None:
        if self.field in record:
            record[self.field] = _read_cell(self.kind, record[self.field])


@dataclass(frozen=True)
class Drop:
    """Takes a field away."""

    name: str

    def apply(self, record: Record) -> None:
        record.pop(self.name, None)


Rule = Set | Default | Rename | Replace | Read | Drop


def mend(rules: Sequence[Rule], body: bytes) -> bytes:
    """The record after all rules, in their order; what is no JSON object stays as it is."""
    if not rules:
        return body
    try:
        record = _decode(body)
        if not is_object(record):
            return body
        for rule in rules:
            rule.apply(record)
        return msgspec.json.encode(record)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return body


def parse_rules(document: Any, record_type: RecordType) -> tuple[Rule, ...]:
    """Read rules for records of a type; raises InvalidRequest that names the rule and what is wrong with it."""
    if not is_array(document) or len(document) > MAX_RULES:
        raise _malformed(f"rules must be an array of at most {MAX_RULES}")
    return tuple(_parse_rule(f"rules[{at}]", one, record_type) for at, one in enumerate(document))


def _parse_rule(where: str, document: Any, record_type: RecordType) -> Rule:
    if not is_object(document):
        raise _malformed(f"{where} must be a JSON object")
    verbs = [name for name in _NEEDS if name in document]
    if len(verbs) != 1:
        raise _malformed(f"{where} must have exactly one of {', '.join(_NEEDS)}")
    [verb] = verbs
    if document.keys() != {verb, *_NEEDS[verb]}:
        also = " and ".join((verb, *_NEEDS[verb]))
        raise _malformed(f"{where} must have {also}, and nothing else")
    if not isinstance(document[verb], str):
        raise _malformed(f"{where}: {verb} must be the name of a field")
    return _MAKERS[verb](where, document, record_type)


def _set(where: str, document: Record, record_type: RecordType) -> Rule:
    field = _target(where, document["set"], record_type)
    _check(where, field, document["value"], record_type)
    return Set(field, document["value"])


def _default(where: str, document: Record, record_type: RecordType) -> Rule:
    field = _target(where, document["default"], record_type)
    _check(where, field, document["value"], record_type)
    return Default(field, document["value"])


def _rename(where: str, document: Record, record_type: RecordType) -> Rule:
    field = _known(where, document["to"], record_type)
    return Rename(document["rename"], field, record_type.by_name[field].kind)


def _replace(where: str, document: Record, record_type: RecordType) -> Rule:
    field = _known(where, document["replace"], record_type)
    _check(where, field, document["by"], record_type)
    return Replace(field, document["value"], document["by"])


def _read(where: str, document: Record, record_type: RecordType) -> Rule:
    field = _known(where, document["read"], record_type)
    return Read(field, record_type.by_name[field].kind)


def _drop(_where: str, document: Record, _type: RecordType) -> Rule:
    return Drop(document["drop"])


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "set": ("value",),
    "default": ("value",),
    "rename": ("to",),
    "replace": ("value", "by"),
    "read": (),
    "drop": (),
}
"""The rules by their verbs, with what each needs beside it."""

_MAKERS: Mapping[str, Callable[[str, Record, RecordType], Rule]] = {
    "set": _set,
    "default": _default,
    "rename": _rename,
    "replace": _replace,
    "read": _read,
    "drop": _drop,
}


def _target(where: str, name: str, record_type: RecordType) -> str:
    """A field many records may have the same value in."""
    if name == record_type.id_field.name:
        raise _malformed(f"{where}: {name} tells records apart and cannot be the same in all")
    return _known(where, name, record_type)


def _known(where: str, name: Any, record_type: RecordType) -> str:
    if isinstance(name, str) and name in record_type.by_name:
        return name
    meant = record_type.nearest(name) if isinstance(name, str) else None
    advice = f"; did you mean {meant}?" if meant else ""
    raise _malformed(f"{where}: {record_type.name} have no field {str(name)[:64]!r}{advice}")


def _check(where: str, name: str, value: Any, record_type: RecordType) -> None:
    """A value every record would be refused for is refused once, here."""
    field = record_type.by_name[name]
    try:
        if value is not None:
            field.kind.parse(value)
        elif field.required:
            raise FieldProblem("null_not_allowed", "must not be null")
    except FieldProblem as problem:
        raise _malformed(f"{where}: {name} {problem.message}") from None


def _read_cell(kind: Kind, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = value.strip()
    return kind.from_text(cell) if cell else None


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.strip() == wanted.strip()
    # In Python True == 1, in JSON they are two values.
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def _malformed(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="malformed_rule", hint=f"rules are {_SHAPE}")
