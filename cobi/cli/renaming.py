"""`--map`: files whose names for things are not the API's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cobi.cli.record_files import Unreadable
from cobi.domain.errors import InvalidRequest
from cobi.domain.record_type import RecordType

_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Renaming:
    """The field that each of some names in a file stands for; all other names stand for themselves."""

    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, name: str) -> str | None:
        """The field a name stands for; None for a field's own name when another one was mapped to that field."""
        if name in self.fields:
            return self.fields[name]
        return None if name in self.fields.values() else name

    def of_columns(self, path: Path, names: Collection[str]) -> list[str | None]:
        """The fields of a file's columns; raises Unreadable where it lacks one that is mapped."""
        absent = next((name for name in self.fields if name not in names), None)
        if absent is not None:
            raise Unreadable(f"{path} has no column {absent!r} to map; it has {', '.join(names)}")
        return [self.of(name) for name in names]

    def applied(self, body: bytes) -> bytes:
        """A JSON object with its names replaced; what is no object stays what it is, to be refused as such."""
        if not self.fields:
            return body
        try:
            document = _objects.decode(body)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return body
        renamed = {self.of(name): value for name, value in document.items()}
        renamed.pop(None, None)
        return msgspec.json.encode(renamed)


def parse_renaming(texts: Iterable[str], record_type: RecordType) -> Renaming:
    """Read `name=field` texts; raises InvalidRequest for a field that the type does not have."""
    fields: dict[str, str] = {}
    for text in texts:
        name, _, to = (part.strip() for part in text.rpartition("="))
        if not name:
            raise InvalidRequest(
                f"--map {text[:64]!r} is not name=field", hint="such as --map user=student_id"
            )
        if to not in record_type.by_name:
            meant = record_type.nearest(to)
            known = f"did you mean {meant}?" if meant else f"fields are {', '.join(record_type.by_name)}"
            raise InvalidRequest(f"--map {text[:64]!r}: {record_type.name} have no field {to!r}", hint=known)
        if to in fields.values() or name in fields:
            raise InvalidRequest(
                f"--map {text[:64]!r}: one name stands for one field, and one field for one name"
            )
        fields[name] = to
    return Renaming(fields)
