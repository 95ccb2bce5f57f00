"""Columns of values in the binary form of PostgreSQL's arrays, which the driver passes on as they are.

It would walk a list in Python, value by value; what is the same in every row is written here once and repeated.
Sections "array_send" and "array_recv" of the server's source (arrayfuncs.c) tell the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.types import TypeEngine

from cobi.store.binary_copy import NULL, Encoder, encoder_of
from cobi.store.columns import Uuid16

_head = Struct(">iiIii").pack
_EMPTY = Struct(">iiI").pack
_NUMBERS = np.dtype([("bytes", ">i4"), ("value", ">i8")])
_HEAD_BYTES = 20

_OIDS: tuple[tuple[type[TypeEngine[Any]], int, int], ...] = (
    (Uuid16, 2950, 2951),
    (BigInteger, 20, 1016),
    (SmallInteger, 21, 1005),
    (Integer, 23, 1007),
    (Float, 701, 1022),
    (Boolean, 16, 1000),
    (Text, 25, 1009),
    (LargeBinary, 17, 1001),
)
"""Of each type and of its arrays (pg_type.dat)."""


@dataclass(frozen=True, slots=True)
class PackedArray:
    """An array as it is sent, and the number of its type."""

    oid: int
    data: bytes


def packed(column: Column[Any], values: Sequence[Any]) -> PackedArray:
    """A column's values in some rows."""
    element, array, encode = _form(column)
    count = len(values)
    if count == 0:
        return PackedArray(array, _EMPTY(0, 0, element))
    first = values[0]
    if values.count(first) == count:
        body, nulls = (NULL if first is None else encode(first)) * count, first is None
    else:
        parts = [NULL if value is None else encode(value) for value in values]
        body, nulls = b"".join(parts), None in values
    return PackedArray(array, _head(1, nulls, element, count, 1) + body)


def numbers_of(data: bytes | None) -> NDArray[np.int64]:
    """The numbers of a bigint[] without nulls as it is received; none of NULL."""
    if data is None or len(data) < _HEAD_BYTES:
        return np.empty(0, np.int64)
    return np.frombuffer(data, _NUMBERS, offset=_HEAD_BYTES)["value"].astype(np.int64)


class PackedArrayDumper(Dumper):
    """Passes an array on."""

    format = Format.BINARY

    def get_key(self, obj: PackedArray, format: PyFormat) -> tuple[type, ...]:  # noqa: ARG002 (the driver's names)
        """One dumper for each type, since it says which it is."""
        return (self.cls, obj.oid)  # pyright: ignore[reportReturnType]

    def upgrade(self, obj: PackedArray, format: PyFormat) -> Dumper:  # noqa: ARG002 (as above)
        """The dumper of the array's type."""
        dumper = PackedArrayDumper(self.cls)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: PackedArray) -> bytes:
        """The array as it is sent."""
        return obj.data


@cache
def _form(column: Column[Any]) -> tuple[int, int, Encoder]:
    for kind, element, array in _OIDS:
        if isinstance(column.type, kind):
            return element, array, encoder_of(column)
    raise TypeError(f"{column} has a type whose number is not known: {column.type!r}")
