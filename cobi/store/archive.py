"""A backup on disk: a directory of files with a manifest that says what each must be.

It is written under another name and renamed when all of it is there, checked and on the disk; so a directory
with a manifest is a whole backup.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cobi.domain.errors import Conflict, InvalidRequest

MANIFEST = "manifest.json"
FORMAT = 1

_BLOCK = 1 << 20


class ArchivedFile(msgspec.Struct, frozen=True):
    """One file: its path in the archive, its size, and its SHA-256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


class ArchivedDatabase(msgspec.Struct, frozen=True):
    """One database: rows by table in the order they can be put back, and what only PostgreSQL has to be told:
    the last key that each table gave out.
    """

    place: str
    migrations: str
    schema: str
    rows: dict[str, int]
    files: list[ArchivedFile]
    last_keys: dict[str, int] = {}


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds; `engine` is sqlite or postgresql, `made` the ISO 8601 time it began."""

    format: int
    cobi: str
    engine: str
    made: str
    databases: list[ArchivedDatabase]


@contextmanager
def writing(target: Path) -> Generator[Path]:
    """A directory to write a backup into, which becomes `target` when the block ends well."""
    if target.exists():
        raise Conflict(f"{target} is there already", code="target_exists", hint="name a new directory")
    if not target.parent.is_dir():
        raise InvalidRequest(f"there is no directory {target.parent}")
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent))
    try:
        yield unfinished
        for directory in (unfinished, *(path for path in unfinished.rglob("*") if path.is_dir())):
            flush(directory)
        unfinished.rename(target)
        flush(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def seal(directory: Path, manifest: Manifest) -> None:
    """Write the manifest, the last of all files."""
    path = directory / MANIFEST
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    flush(path)


def read(directory: Path) -> Manifest:
    """The manifest of a backup, all of whose files are there and as they were written."""
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    except OSError:
        raise InvalidRequest(f"{directory} is not a backup: it has no {MANIFEST}") from None
    except msgspec.DecodeError as error:
        raise damaged(f"{MANIFEST} cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise InvalidRequest(
            f"the backup has format {manifest.format}, this version of Cobi reads {FORMAT}",
            hint="use the version of Cobi that made it, or a newer one",
        )
    for file in files(manifest):
        _verify(directory, file)
    return manifest


def files(manifest: Manifest) -> Iterator[ArchivedFile]:
    """All files of a backup but the manifest."""
    for database in manifest.databases:
        yield from database.files


def described(directory: Path, path: Path) -> ArchivedFile:
    """A file of the archive, once it is on the disk."""
    flush(path)
    return ArchivedFile(path.relative_to(directory).as_posix(), path.stat().st_size, _hash(path))


def flush(path: Path) -> None:
    """Wait until a file or directory is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damaged(what: str) -> InvalidRequest:
    """The backup is not what it was when it was made."""
    return InvalidRequest(f"the backup is damaged: {what}", code="damaged_backup", hint="use another one")


def _verify(directory: Path, file: ArchivedFile) -> None:
    path = directory / file.path
    if not path.resolve().is_relative_to(directory.resolve()):
        raise damaged(f"{file.path} lies outside it")
    if not path.is_file():
        raise damaged(f"{file.path} is missing")
    if path.stat().st_size != file.bytes or _hash(path) != file.sha256:
        raise damaged(f"{file.path} is not what was written")


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
