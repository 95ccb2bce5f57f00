"""Writing records to files: JSON Lines, or Parquet, which DuckDB makes of them."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from cobi.domain.fields import Storage
from cobi.domain.record_type import RecordType

_MEMORY = "256MB"

_TYPES: dict[Storage, str] = {
    "uuid": "UUID",
    "reference": "UUID",
    "real": "DOUBLE",
    "boolean": "BOOLEAN",
    "moment": "TIMESTAMPTZ",
}


class Unwritable(Exception):
    """A directory that takes no files, or no more."""


class Format(StrEnum):
    """What an export is written in."""

    JSONL = "jsonl"
    PARQUET = "parquet"


def write(
    path: Path, record_type: RecordType, pages: Iterable[list[dict[str, Any]]], chosen: Format
) -> Iterator[int]:
    """Write pages of records to a file and answer each one's size; the file is there once it is whole.

    Raises Unwritable.
    """
    lines = path.with_name(f".{path.name}.lines")
    whole = path.with_name(f".{path.name}.part")
    try:
        yield from _write_lines(lines, pages)
        if chosen is Format.PARQUET:
            _to_parquet(lines, whole, record_type)
            whole.replace(path)
        else:
            lines.replace(path)
    except (OSError, duckdb.Error) as error:
        raise Unwritable(f"{path} cannot be written: {error}") from error
    finally:
        for scratch in (lines, whole):
            with suppress(OSError):
                scratch.unlink()


def _write_lines(path: Path, pages: Iterable[list[dict[str, Any]]]) -> Iterator[int]:
    encoder, lines = msgspec.json.Encoder(), bytearray()
    with path.open("wb") as file:
        for page in pages:
            lines.clear()
            for record in page:
                lines += encoder.encode(record) + b"\n"
            file.write(lines)
            yield len(page)


def _to_parquet(lines: Path, path: Path, record_type: RecordType) -> None:
    with duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        columns = ", ".join(
            f"'{field.name}': '{_TYPES.get(field.kind.storage, 'VARCHAR')}'" for field in record_type.fields
        )
        # DuckDB would take signs such as * in a name for a pattern.
        source = f"read_json({_quoted(glob.escape(str(lines)))}, format = 'newline_delimited', columns = {{{columns}}})"
        connection.execute(f"COPY (FROM {source}) TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
