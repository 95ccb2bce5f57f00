"""Brings a database to the newest schema when it is opened; refuses one that a newer Cobi has written."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from cobi.domain.errors import Misconfigured
from cobi.store.dialect import lock_for_writing, without_foreign_keys

ORGANISATION = "organisation"
CONTROL = "control"


def configuration(scripts: str) -> Config:
    """Alembic's configuration for one of the two chains of migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(Path(__file__).parent / "migrations" / scripts))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine, scripts: str) -> None:
    """Apply the migrations that are missing, in one transaction, one process at a time."""
    try:
        _migrate(engine, scripts)
    except BaseException:
        engine.dispose()
        raise


def _migrate(engine: Engine, scripts: str) -> None:
    # Asked first without the lock: whoever holds it may hold it for long.
    with engine.begin() as connection:
        if is_current(connection, scripts):
            return
    config = configuration(scripts)
    directory = ScriptDirectory.from_config(config)
    with without_foreign_keys(engine) as connection:
        lock_for_writing(connection)
        current = MigrationContext.configure(connection).get_current_revision()
        if current == directory.get_current_head():
            return
        _refuse_newer(connection, directory, current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(connection: Connection, scripts: str) -> bool:
    """Whether the database has the newest schema that this program knows."""
    return MigrationContext.configure(connection).get_current_revision() == newest(scripts)


@cache
def newest(scripts: str) -> str | None:
    """The revision a chain of migrations ends with."""
    return ScriptDirectory.from_config(configuration(scripts)).get_current_head()


def _refuse_newer(connection: Connection, directory: ScriptDirectory, current: str | None) -> None:
    known = {script.revision for script in directory.walk_revisions()}
    if current is not None and current not in known:
        raise Misconfigured(
            f"the database {connection.engine.url.render_as_string()} has schema {current}, "
            "which this version of Cobi does not know",
            hint="run the version of Cobi that wrote it, or a newer one",
        )


def refuse_unknown(scripts: str, revision: str) -> None:
    """Raise Misconfigured for a schema that a newer version of Cobi made."""
    known = {
        script.revision for script in ScriptDirectory.from_config(configuration(scripts)).walk_revisions()
    }
    if revision not in known:
        raise Misconfigured(
            f"the backup has schema {revision}, which this version of Cobi does not know",
            hint="use the version of Cobi that made it, or a newer one",
        )


def upgrade_to(connection: Connection, scripts: str, revision: str) -> None:
    """Make the tables of a known revision, in the connection's transaction."""
    config = configuration(scripts)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def version(engine: Engine) -> str | None:
    """The revision a database is at."""
    with engine.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()
