"""Copies of SQLite databases while they are written to, and putting them back.

Each copy is one moment of its database: SQLite's backup runs inside a read transaction, which in WAL mode
holds up no writer. What was committed before it began is in it.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cobi.domain.errors import Conflict, Misconfigured
from cobi.store.archive import ArchivedDatabase, ArchivedFile, Manifest, damaged, described, flush
from cobi.store.dialect import BUSY_TIMEOUT_SECONDS
from cobi.store.migrate import CONTROL, ORGANISATION

ENGINE = "sqlite"

_CONTROL_FILE = Path("control.db")
_ORGANISATIONS = Path("organisations")
_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def back_up(data: Path, into: Path) -> list[ArchivedDatabase]:
    """Copy every database of a data directory."""
    if not (data / _CONTROL_FILE).is_file():
        raise Misconfigured(f"there are no data in {data}", hint="choose the directory with --data")
    (into / _ORGANISATIONS).mkdir()
    # The control database first: whoever is in its copy existed before the others are copied.
    copies = [_copy(data, into, _CONTROL_FILE, CONTROL)]
    for place in _places(into / _CONTROL_FILE):
        path = _ORGANISATIONS / f"{place}.db"
        # An organisation that has a key but was never used has no database yet.
        if (data / path).is_file():
            copies.append(_copy(data, into, path, ORGANISATION))
    return copies


def restore(archive: Path, manifest: Manifest, data: Path, *, force: bool) -> None:
    """Put a backup's databases in place of those in a data directory, once all of them have been checked."""
    data.mkdir(parents=True, exist_ok=True)
    present = [path for path in (_CONTROL_FILE, *_organisation_files(data)) if (data / path).exists()]
    if present and not force:
        raise Conflict(f"{data} has data already", code="data_not_empty", hint="--force replaces them")
    _refuse_used(data, present)
    staged = Path(tempfile.mkdtemp(prefix=".restoring.", dir=data))
    try:
        for database in manifest.databases:
            for file in database.files:
                _stage(archive, staged / "new", file, database.rows)
        _refuse_used(data, present)
    except BaseException:
        shutil.rmtree(staged)
        raise
    # From here on a failure leaves the directory, in which the old files are.
    _swap(data, staged, present, [Path(file.path) for one in manifest.databases for file in one.files])
    shutil.rmtree(staged)


def _copy(data: Path, into: Path, path: Path, migrations: str) -> ArchivedDatabase:
    with closing(_connect(data / path)) as original, closing(_connect(into / path)) as copy:
        # From the first query on, this transaction sees one moment; the backup uses it.
        original.execute("BEGIN")
        rows = _count(original)
        original.backup(copy)
        original.execute("COMMIT")
        # A file that stands alone, without a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        _check(copy, path, rows)
        [schema] = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return ArchivedDatabase(path.stem, migrations, schema, rows, [described(into, into / path)])


def _stage(archive: Path, staged: Path, file: ArchivedFile, rows: dict[str, int]) -> None:
    path = staged / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(archive / file.path, path)
    if described(staged, path) != file:
        raise damaged(f"{file.path} could not be copied as it is")
    with closing(_connect(path)) as copy:
        _check(copy, Path(file.path), rows)


def _swap(data: Path, staged: Path, present: list[Path], restored: list[Path]) -> None:
    """Set the old files aside and the new ones in their place; only renames, the control database last."""
    for path in present:
        for ending in _SIDE_FILES:
            if (old := data / f"{path}{ending}").exists():
                aside = staged / "old" / f"{path}{ending}"
                aside.parent.mkdir(parents=True, exist_ok=True)
                old.replace(aside)
    (data / _ORGANISATIONS).mkdir(exist_ok=True)
    for path in sorted(restored, key=lambda path: path == _CONTROL_FILE):
        (staged / "new" / path).replace(data / path)
    flush(data / _ORGANISATIONS)
    flush(data)


def _organisation_files(data: Path) -> Iterator[Path]:
    return (path.relative_to(data) for path in sorted((data / _ORGANISATIONS).glob("*.db")))


def _refuse_used(data: Path, paths: list[Path]) -> None:
    """Raise Conflict while any process has a database open: it would go on writing to what was replaced."""
    for path in paths:
        with closing(_connect(data / path, timeout=0)) as connection:
            try:
                # SQLite leaves WAL mode only when nobody else is there.
                connection.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    message = f"{data / path} is open in another process"
                    raise Conflict(message, code="data_in_use", hint="stop the server first") from None
            except sqlite3.DatabaseError:
                continue  # A broken database is what a backup is for.


def _check(connection: sqlite3.Connection, path: Path, rows: dict[str, int]) -> None:
    """Raise if a copy is not whole."""
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
        counted = _count(connection)
    except sqlite3.DatabaseError as error:
        raise damaged(f"{path}: {error}") from None
    if found != ["ok"] or orphans is not None:
        raise damaged(f"{path}: {found[0] if found != ['ok'] else 'a reference leads nowhere'}")
    if counted != rows:
        raise damaged(f"{path} has {sum(counted.values())} rows, not {sum(rows.values())}")


def _count(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    ).fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 (the schema's)
        for (name,) in names
    }


def _places(control: Path) -> list[str]:
    with closing(_connect(control)) as connection:
        return [place for (place,) in connection.execute("SELECT place FROM organisations ORDER BY key")]


def _connect(path: Path, timeout: float = BUSY_TIMEOUT_SECONDS) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None)
