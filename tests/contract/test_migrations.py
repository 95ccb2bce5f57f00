"""The migrations make exactly the declared tables, and a newer database is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from cobi.config.settings import Settings
from cobi.domain.errors import Misconfigured
from cobi.service.registry import Registry
from cobi.store import control, schema
from cobi.store.database import Database
from cobi.store.experiments import counting
from cobi.store.migrate import ORGANISATION, configuration


def test_the_migrated_organisation_is_the_declared_one(database: Database) -> None:
    with database.engine.connect() as connection:
        name = connection.dialect.name

        def has(declared: Any, *_: object) -> bool:
            return declared.info.get("only", name) == name

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": has})
        assert compare_metadata(context, schema.metadata) == []


def test_the_migrated_control_database_is_the_declared_one(registry: Registry) -> None:
    with registry._control.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, control.metadata) == []


def test_opening_a_database_again_changes_nothing(settings: Settings, registry: Registry) -> None:
    again = Registry(settings)
    assert again.named("campus").overview() == registry.named("campus").overview()
    again.close()


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(
    settings: Settings, database: Database
) -> None:
    with database.engine.execution_options(writing=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = Registry(settings)
    with pytest.raises(Misconfigured, match="schema 9999") as refusal:
        newer.named("campus")
    assert "newer" in (refusal.value.hint or "")
    newer.close()


def test_days_that_an_experiment_was_to_gather_again_are_still_to_be_after_an_upgrade(
    database: Database,
) -> None:
    noted, both, stale = 20_000, 20_001, 20_002
    with database.engine.execution_options(writing=True).begin() as connection:
        before_that = (
            "DROP TABLE evaluation_jobs",
            "ALTER TABLE counted_days DROP COLUMN gathered",
            "CREATE TABLE stale_days (day BIGINT PRIMARY KEY)",
            "UPDATE alembic_version SET version_num = '0013'",
            f"INSERT INTO counted_days (day, changes, seen) VALUES ({noted}, 4, 4), ({both}, 2, 1)",
            f"INSERT INTO stale_days (day) VALUES ({both}), ({stale})",
        )
        for statement in before_that:
            connection.exec_driver_sql(statement)
        config = configuration(ORGANISATION)
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
        assert sorted(counting.stale(connection)) == [both, stale]
        seen = connection.execute(text("SELECT day, changes, seen FROM counted_days ORDER BY day")).all()
        assert [tuple(row) for row in seen] == [(noted, 4, 4), (both, 2, 1), (stale, 1, 0)]
