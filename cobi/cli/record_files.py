"""Files of records: which kinds there are, and what reading one gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cobi.domain.record_type import RecordType

BATCH = 20_000
"""How many records share a transaction: each costs less the more there are, but a running server waits for it."""


@dataclass(frozen=True)
class Batch:
    """At most BATCH records as JSON bytes, the number each has in its file (from 1), and how much has been read."""

    bodies: list[bytes]
    numbers: list[int]
    position: int


Batches = Iterator[Batch]


class Unreadable(Exception):
    """A file that stops being what its name says."""


@dataclass(frozen=True)
class RecordFile:
    """A file of records; `size` is in bytes or rows, whatever its batches' positions count in."""

    path: Path
    size: int
    unit: Literal["line", "row"]
    """What the numbers of its records count."""
    read: Callable[[RecordType, int], Batches]
    """Reads on behind so many records."""
