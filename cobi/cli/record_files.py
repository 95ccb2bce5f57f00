"""Files of records: which kinds there are, and what reading one gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cobi.domain.record_type import RecordType

BATCH = 20_000
"""How many records share a transaction: each costs less the more there are, but a running server waits for it."""

Batches = Iterator[tuple[list[bytes], int]]
"""At most BATCH records as JSON bytes, and how much of the file has been read behind them."""


class Unreadable(Exception):
    """A file that stops being what its name says."""


@dataclass(frozen=True)
class RecordFile:
    """A file of records; `size` is in bytes or rows, whatever its batches count in."""

    path: Path
    size: int
    read: Callable[[RecordType], Batches]
