"""Records out of text files: JSON objects line by line, or CSV under a line of field names."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from cobi.cli.record_files import BATCH, Batches, RecordFile, Unreadable
from cobi.domain.record_type import RecordType

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t"
_LONGEST_CELL = 16 * 1024 * 1024


def lines_of(path: Path, packed: bool) -> RecordFile:
    """A file with one JSON object on each line; what is none is refused like any other bad record."""
    return RecordFile(path, path.stat().st_size, lambda _type: _read_lines(path, packed))


def cells_of(path: Path, packed: bool) -> RecordFile:
    """A CSV file in UTF-8, with field names in its first line; an empty cell is a null."""
    return RecordFile(path, path.stat().st_size, lambda record_type: _read_cells(path, packed, record_type))


def _read_lines(path: Path, packed: bool) -> Batches:
    with _opened(path, packed) as (raw, unpacked):
        lines = (line for line in map(bytes.strip, _without_mark(unpacked)) if line)
        while batch := list(islice(lines, BATCH)):
            yield batch, raw.tell()


def _read_cells(path: Path, packed: bool, record_type: RecordType) -> Batches:
    with _opened(path, packed) as (raw, unpacked):
        csv.field_size_limit(_LONGEST_CELL)
        text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
        head = text.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        names = [name.strip() for row in csv.reader([head], delimiter=delimiter) for name in row]
        encode = _encoder(names, record_type)
        bodies = (encode(row) for row in csv.reader(text, delimiter=delimiter) if row)
        while batch := list(islice(bodies, BATCH)):
            yield batch, raw.tell()


def _encoder(names: list[str], record_type: RecordType) -> Callable[[list[str]], bytes]:
    """What makes a record of a row of cells."""
    fields = [record_type.by_name.get(name) for name in names]
    converters: list[Callable[[str], Any]] = [
        str if field is None else field.kind.from_text for field in fields
    ]
    columns = list(zip(names, converters, strict=True))

    def encode(row: list[str]) -> bytes:
        if len(row) != len(columns):
            # Which cell belongs to which name is anybody's guess, so it is refused as the list that it is.
            return msgspec.json.encode(row)
        cells = zip(columns, row, strict=True)
        return msgspec.json.encode({name: convert(cell) if cell else None for (name, convert), cell in cells})

    return encode


def _without_mark(lines: IO[bytes]) -> Iterator[bytes]:
    yield next(lines, b"").removeprefix(_BYTE_ORDER_MARK)
    yield from lines


@contextmanager
def _opened(path: Path, packed: bool) -> Generator[tuple[IO[bytes], Any]]:
    """The file as it lies on the disk, whose position tells how far one is, and what is in it."""
    try:
        with path.open("rb") as raw:
            yield raw, gzip.GzipFile(fileobj=raw) if packed else raw
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not in UTF-8: {error}") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise Unreadable(f"{path} cannot be read on: {error}") from error
