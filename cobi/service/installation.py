"""What concerns all organisations of an installation at once: migrations, backups, putting a backup back."""

from __future__ import annotations

from pathlib import Path

from cobi import __version__
from cobi.config.settings import Settings
from cobi.domain.errors import InvalidRequest
from cobi.domain.moments import format_moment
from cobi.store import archive, migrate, postgresql_backup, sqlite_backup
from cobi.store.archive import Manifest
from cobi.store.places import open_places


def migrate_all(settings: Settings) -> dict[str, str | None]:
    """Bring every database to the newest schema; each one's version by name, the control database's first."""
    places = open_places(settings.data, settings.database_url or None)
    control = places.control()
    try:
        versions = {"control": control.version()}
        for organisation in control.everyone():
            database = places.organisation(organisation)
            versions[organisation.name] = migrate.version(database.engine)
            database.close()
    finally:
        control.close()
    return versions


def back_up(settings: Settings, target: Path, now: int) -> Manifest:
    """Copy every database into a new directory while they are in use."""
    url = settings.database_url
    with archive.writing(target) as directory:
        databases = (
            postgresql_backup.back_up(url, directory)
            if url
            else sqlite_backup.back_up(settings.data, directory)
        )
        engine = postgresql_backup.ENGINE if url else sqlite_backup.ENGINE
        manifest = Manifest(archive.FORMAT, __version__, engine, format_moment(now), databases)
        archive.seal(directory, manifest)
    return manifest


def restore(settings: Settings, source: Path, *, force: bool = False) -> Manifest:
    """Put a backup back where there are no data, or in their place; checked before anything is touched."""
    manifest = archive.read(source)
    url = settings.database_url
    engine = postgresql_backup.ENGINE if url else sqlite_backup.ENGINE
    if manifest.engine != engine:
        raise InvalidRequest(
            f"the backup is one of {manifest.engine}, the settings say {engine}",
            hint="a backup goes back to the kind of database it came from",
        )
    for database in manifest.databases:
        migrate.refuse_unknown(database.migrations, database.schema)
    if url:
        postgresql_backup.restore(source, manifest, url, force=force)
    else:
        sqlite_backup.restore(source, manifest, settings.data, force=force)
    return manifest
