"""Rows as PostgreSQL's binary COPY format takes them ("COPY", section "Binary Format", in its manual)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from struct import Struct
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.types import TypeEngine

from cobi.store.columns import Uuid16

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
"""A length of -1."""

Encoder = Callable[[Any], bytes]
"""From a value that is not null to its length and its bytes."""


def _fixed(form: str) -> Encoder:
    whole, size = Struct(f">i{form}"), Struct(f">{form}").size
    return lambda value: whole.pack(size, value)


_length = Struct(">i").pack


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def _bytes(value: bytes) -> bytes:
    return _length(len(value)) + value


_ENCODERS: tuple[tuple[type[TypeEngine[Any]], Encoder], ...] = (
    (Uuid16, _bytes),
    (BigInteger, _fixed("q")),
    (SmallInteger, _fixed("h")),
    (Integer, _fixed("i")),
    (Float, _fixed("d")),
    (Boolean, _fixed("?")),
    (Text, _text),
    (LargeBinary, _bytes),
)


def pack(columns: Sequence[Column[Any]], rows: Iterable[Sequence[Any]]) -> bytes:
    """All rows, whose values are in the order of the columns."""
    encoders = [encoder_of(column) for column in columns]
    count = Struct(">h").pack(len(columns))
    parts: list[bytes] = [_HEADER]
    for row in rows:
        parts.append(count)
        parts += [
            NULL if value is None else encode(value) for encode, value in zip(encoders, row, strict=True)
        ]
    parts.append(_TRAILER)
    return b"".join(parts)


def encoder_of(column: Column[Any]) -> Encoder:
    """How a column's values that are not null are written: their length, then their bytes."""
    for kind, encoder in _ENCODERS:
        if isinstance(column.type, kind):
            return encoder
    raise TypeError(f"{column} has a type that COPY was not taught: {column.type!r}")
