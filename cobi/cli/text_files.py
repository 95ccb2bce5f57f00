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

from cobi.cli.record_files import BATCH, Batch, Batches, RecordFile, Unreadable
from cobi.cli.renaming import Renaming
from cobi.domain.record_type import RecordType

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t"
_LONGEST_CELL = 16 * 1024 * 1024


def lines_of(path: Path, packed: bool, renaming: Renaming) -> RecordFile:
    """A file with one JSON object on each line; what is none is refused like any other bad record."""
    return RecordFile(
        path, path.stat().st_size, "line", lambda _type, skip: _read_lines(path, packed, renaming, skip)
    )


def cells_of(path: Path, packed: bool, renaming: Renaming) -> RecordFile:
    """A CSV file in UTF-8, with names in its first line; an empty cell is a null."""
    return RecordFile(
        path, path.stat().st_size, "line", lambda kind, skip: _read_cells(path, packed, renaming, kind, skip)
    )


def _read_lines(path: Path, packed: bool, renaming: Renaming, skip: int) -> Batches:
    with _opened(path, packed) as (raw, unpacked):
        numbered = enumerate(map(bytes.strip, _without_mark(unpacked)), start=1)
        filled = ((number, line) for number, line in numbered if line)
        records = ((number, renaming.applied(line)) for number, line in islice(filled, skip, None))
        yield from _batches(records, raw)


def _read_cells(path: Path, packed: bool, renaming: Renaming, record_type: RecordType, skip: int) -> Batches:
    with _opened(path, packed) as (raw, unpacked):
        csv.field_size_limit(_LONGEST_CELL)
        text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
        head = text.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        names = [name.strip() for row in csv.reader([head], delimiter=delimiter) for name in row]
        encode = _encoder(renaming.of_columns(path, names), record_type)
        rows = islice(_numbered_rows(text, delimiter), skip, None)
        yield from _batches(((number, encode(row)) for number, row in rows), raw)


def _batches(records: Iterator[tuple[int, bytes]], raw: IO[bytes]) -> Batches:
    while batch := list(islice(records, BATCH)):
        yield Batch([body for _, body in batch], [number for number, _ in batch], raw.tell())


def _numbered_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows behind the head, each with the number of the line it begins on: a cell may go over several."""
    reader, begin = csv.reader(text, delimiter=delimiter), 2
    for row in reader:
        if row:
            yield begin, row
        begin = reader.line_num + 2


def _encoder(names: list[str | None], record_type: RecordType) -> Callable[[list[str]], bytes]:
    """What makes a record of a row of cells; a column without a name is left out."""
    fields = [None if name is None else record_type.by_name.get(name) for name in names]
    converters: list[Callable[[str], Any]] = [
        str if field is None else field.kind.from_text for field in fields
    ]
    columns = list(zip(names, converters, strict=True))

    def encode(row: list[str]) -> bytes:
        if len(row) != len(columns):
            # Which cell belongs to which name is anybody's guess, so it is refused as the list that it is.
            return msgspec.json.encode(row)
        cells = zip(columns, row, strict=True)
        return msgspec.json.encode(
            {name: convert(cell) if cell else None for (name, convert), cell in cells if name is not None}
        )

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
