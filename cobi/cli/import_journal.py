"""How far an import has come: a small file beside the data, so that one that was cut off can go on there.

It may lag behind what is stored and never runs ahead of it; sending records twice changes nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Reached(msgspec.Struct, frozen=True):
    """What has been stored: the files before number `file`, and of that one so many records."""

    file: int = 0
    records: int = 0
    refused_bytes: int = 0
    """The size that the file of refused records had then."""


class Job(msgspec.Struct, frozen=True):
    """What tells one import from another; files by path, size in bytes, and modification time in ns."""

    destination: str
    type: str
    mapping: dict[str, str]
    files: list[tuple[str, int, int]]
    rejected: str | None


class _Entry(msgspec.Struct):
    job: Job
    reached: Reached


class Journal:
    """Where one import's progress is written down; `kept` is false where its directory takes no files."""

    def __init__(self, job: Job) -> None:
        first = Path(job.files[0][0])
        self.path = first.with_name(f"{first.name}.{job.type}.import")
        self.kept = True
        self._job = job

    def read(self) -> Reached | None:
        """How far this very import came; None where nothing tells, or a file has changed since."""
        try:
            entry = msgspec.json.decode(self.path.read_bytes(), type=_Entry)
        except (OSError, msgspec.DecodeError, ValueError):
            return None
        return entry.reached if entry.job == self._job else None

    def write(self, reached: Reached) -> None:
        """Replace what was written before."""
        if not self.kept:
            return
        new = self.path.with_name(self.path.name + ".new")
        try:
            new.write_bytes(msgspec.json.format(msgspec.json.encode(_Entry(self._job, reached))))
            new.replace(self.path)
        except OSError:
            self.kept = False

    def remove(self) -> None:
        """The import is over."""
        if self.kept:
            self.path.unlink(missing_ok=True)


def job_of(
    destination: str, record_type: str, mapping: dict[str, str], files: list[Path], rejected: Path | None
) -> Job:
    """An import as its journal knows it."""
    stated = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return Job(
        destination, record_type, mapping, stated, None if rejected is None else str(rejected.resolve())
    )
