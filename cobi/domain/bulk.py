"""Reading many values of one field at once: what `Kind.parse` would make of each, for a fraction of its price.

Whatever is unusual is left out rather than judged here; `Kind.parse` has the last word and the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from cobi.domain.fields import EventTime, FieldProblem, Identifier, Kind
from cobi.domain.identifiers import MAX_MILLISECONDS, TAIL_BYTES, Id
from cobi.domain.moments import MILLISECOND, SECOND

REFUSED: Any = object()
"""Stands for a value that this reading leaves out."""

_DASHED = 36
_DASHES = (8, 13, 18, 23)
_DASH = ord("-")
_DIGITS = np.delete(np.arange(_DASHED), _DASHES)
# D22: the magnitude of a positive integer tells its unit.
_SECONDS_BELOW, _MILLISECONDS_BELOW, _MICROSECONDS_BELOW = 10**11, 10**14, 10**17


def parse_many(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """What `kind.parse` makes of each value, or REFUSED; None stays None."""
    if None not in values:
        return _reader(kind)(kind, values)
    present = [value for value in values if value is not None]
    if not present:
        return list(values)
    parsed = _reader(kind)(kind, present)
    following = iter(parsed)
    return [None if value is None else next(following) for value in values]


def _reader(kind: Kind) -> Callable[[Kind, Sequence[Any]], list[Any]]:
    if isinstance(kind, Identifier):
        return _identifiers
    return _event_times if isinstance(kind, EventTime) else _distinct


def _distinct(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """Each distinct value is read once: most fields have few."""
    parsed = {value: _attempt(kind, value) for value in set(values)}
    return [parsed[value] for value in values]


def _one_by_one(kind: Kind, values: Sequence[Any]) -> list[Any]:
    return [_attempt(kind, value) for value in values]


def _attempt(kind: Kind, value: Any) -> Any:
    try:
        return kind.parse(value)
    except FieldProblem:
        return REFUSED


def _identifiers(kind: Kind, values: Sequence[str]) -> list[Any]:
    """UUIDs in the dashed form, all in one pass; any other form one by one."""
    text = "".join(values)
    if not text.isascii() or set(map(len, values)) != {_DASHED}:
        return _one_by_one(kind, values)
    characters = np.frombuffer(text.encode("ascii"), np.uint8).reshape(len(values), _DASHED)
    if not (characters[:, _DASHES] == _DASH).all():
        return _one_by_one(kind, values)
    try:
        together = bytes.fromhex(characters[:, _DIGITS].tobytes().decode("ascii"))
    except ValueError:
        return _one_by_one(kind, values)
    # `fromhex` skips blanks, so a short result means there were some.
    if len(together) != 16 * len(values):
        return _one_by_one(kind, values)
    return _slices(together)


def _event_times(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """Integers in one pass; texts one by one."""
    if set(map(type, values)) != {int}:
        return _one_by_one(kind, values)
    try:
        times = np.array(values, np.int64)
    except OverflowError:
        return _one_by_one(kind, values)
    if times.min() <= 0 or times.max() >= _MICROSECONDS_BELOW:
        return _one_by_one(kind, values)
    unit = np.where(times < _SECONDS_BELOW, SECOND, np.where(times < _MILLISECONDS_BELOW, MILLISECOND, 1))
    return (times * unit).tolist()


def content_ids(microseconds: Sequence[int], contents: Iterable[bytes]) -> list[Id]:
    """The `identifiers.content_id` of each time and content."""
    blake2b = hashlib.blake2b
    tails = b"".join([blake2b(content, digest_size=TAIL_BYTES).digest() for content in contents])
    milliseconds = np.clip(np.array(microseconds, np.int64) // MILLISECOND, 0, MAX_MILLISECONDS)
    ids = np.empty((len(milliseconds), 6 + TAIL_BYTES), np.uint8)
    ids[:, :6] = milliseconds.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    ids[:, 6:] = np.frombuffer(tails, np.uint8).reshape(-1, TAIL_BYTES)
    # RFC 9562 §5.8: the version's nibble and the variant's two bits.
    ids[:, 6] = ids[:, 6] & 0x0F | 0x80
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return _slices(ids.tobytes())


def _slices(together: bytes) -> list[Id]:
    ids: Any = [together[start : start + 16] for start in range(0, len(together), 16)]
    return ids
