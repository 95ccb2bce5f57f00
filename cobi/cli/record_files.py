"""Files of records: which kinds there are, and what reading one gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cobi.domain.errors import InvalidRequest
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


def open_all(paths: list[Path]) -> list[RecordFile]:
    """The files by these names; raises InvalidRequest for one that is absent or of an unknown kind."""
    return [_open(path) for path in paths]


def _open(path: Path) -> RecordFile:
    from cobi.cli import parquet_files, text_files

    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2:-1] if packed else suffixes[-1:]
    if not path.is_file():
        raise InvalidRequest(f"there is no file {path}")
    if kind in ([".jsonl"], [".ndjson"]):
        return text_files.lines_of(path, packed)
    if kind == [".csv"]:
        return text_files.cells_of(path, packed)
    if kind == [".parquet"] and not packed:
        return parquet_files.rows_of(path)
    raise InvalidRequest(
        f"{path} is of no known kind", hint="files end in .jsonl, .csv, .jsonl.gz, .csv.gz or .parquet"
    )
