"""Which kind of file a name stands for."""

from __future__ import annotations

from pathlib import Path

from cobi.cli import parquet_files, text_files
from cobi.cli.record_files import RecordFile
from cobi.cli.renaming import Renaming
from cobi.domain.errors import InvalidRequest


def open_all(paths: list[Path], renaming: Renaming | None = None) -> list[RecordFile]:
    """The files by these names; raises InvalidRequest for one that is absent or of an unknown kind."""
    return [_open(path, renaming or Renaming()) for path in paths]


def _open(path: Path, renaming: Renaming) -> RecordFile:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2:-1] if packed else suffixes[-1:]
    if not path.is_file():
        raise InvalidRequest(f"there is no file {path}")
    if kind in ([".jsonl"], [".ndjson"]):
        return text_files.lines_of(path, packed, renaming)
    if kind == [".csv"]:
        return text_files.cells_of(path, packed, renaming)
    if kind == [".parquet"] and not packed:
        return parquet_files.rows_of(path, renaming)
    raise InvalidRequest(
        f"{path} is of no known kind", hint="files end in .jsonl, .csv, .jsonl.gz, .csv.gz or .parquet"
    )
