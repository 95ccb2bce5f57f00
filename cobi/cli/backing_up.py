"""`cobi backup`, `cobi restore` and `cobi migrate`: all organisations at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cobi.cli.options import Data, console, table
from cobi.config.settings import load

if TYPE_CHECKING:
    from cobi.store.archive import Manifest


def backup(
    target: Annotated[Path, Argument(metavar="TARGET", help="The directory to make.")], data: Data = None
) -> None:
    """Copy every database into a new directory while the server runs, and check the copies."""
    from cobi.service.core import system_clock
    from cobi.service.installation import back_up

    _show(back_up(load(data), target, system_clock()))
    print(f"{target} holds everything that was acknowledged before it was begun.")


def restore(
    source: Annotated[Path, Argument(metavar="BACKUP", help="A directory that cobi backup made.")],
    force: Annotated[bool, Option("--force", help="Replace the data that are there.")] = False,
    data: Data = None,
) -> None:
    """Check a backup and put it back; stop the server first."""
    from cobi.service.installation import restore

    manifest = restore(load(data), source, force=force)
    _show(manifest)
    print(f"Restored what was stored at {manifest.made}.")


def migrate(data: Data = None) -> None:
    """Bring every database to the newest schema and print its version; the server does so when it starts."""
    from cobi.service.installation import migrate_all

    for name, version in migrate_all(load(data)).items():
        print(f"{name}: {version}")


def _show(manifest: Manifest) -> None:
    made = table("database", "schema", "rows", "bytes", right=("rows", "bytes"))
    for database in manifest.databases:
        size = sum(file.bytes for file in database.files)
        made.add_row(database.place, database.schema, f"{sum(database.rows.values()):,}", f"{size:,}")
    console().print(made)
