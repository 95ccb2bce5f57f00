"""A backup made while others write holds all that was acknowledged before it, and comes back as it was."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from cobi.config.settings import Settings
from cobi.domain.errors import CobiError, Conflict, InvalidRequest, Misconfigured
from cobi.domain.recommendation import Wanted
from cobi.service.installation import back_up, migrate_all, restore
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.archive import MANIFEST
from cobi.store.migrate import CONTROL, ORGANISATION, newest
from cobi.store.schema import interactions, metadata
from tests.factories import NOON, an_id, interaction, minimal, upload, upload_all
from tests.postgresql import create_database, drop_database

_databases = count(1)
BATCH = 20


@pytest.fixture
def elsewhere(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation without any data."""
    if backend == "sqlite":
        yield Settings(data=tmp_path / "elsewhere")
        return
    server, name = request.getfixturevalue("postgresql"), f"elsewhere_{next(_databases)}"
    yield Settings(data=tmp_path / "none", database_url=create_database(server, name))
    drop_database(server, name)


@pytest.fixture
def lived(campus: Service, registry: Registry, settings: Settings) -> Settings:
    """An installation with something in most tables, whose server has stopped."""
    upload(campus, "tags", minimal("tags", 1, name=""), minimal("tags", 2, name="back\\slash é"))
    upload(campus, "user-interactions", interaction(source="COBI", user_id="a phone"))
    campus.learning.train()
    campus.recommend(bytes.fromhex(an_id("customers").replace("-", "")), Wanted())
    registry.create_key("never used", frozenset(["ingest"]))
    registry.close()
    return settings


def contents(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """All rows of the campus by table."""
    registry = Registry(settings)
    with registry.named("campus")._core.database.read() as connection:
        held = {
            table.name: sorted(map(dict, connection.execute(select(table)).mappings()), key=repr)
            for table in metadata.sorted_tables
        }
    registry.close()
    return held


def test_what_is_restored_is_what_was_backed_up(
    lived: Settings, elsewhere: Settings, key: str, tmp_path: Path
) -> None:
    made = back_up(lived, tmp_path / "backup", NOON)
    assert restore(elsewhere, tmp_path / "backup") == made
    assert contents(elsewhere) == contents(lived)
    registry = Registry(elsewhere)
    assert registry.authenticate(key) is not None
    assert registry.named("never used").overview()
    registry.close()


def test_the_manifest_says_when_which_schema_and_how_many_rows(lived: Settings, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup", NOON)
    manifest = msgspec.json.decode((tmp_path / "backup" / MANIFEST).read_bytes())
    assert manifest["made"] == "2026-06-15T12:00:00Z"
    [control, campus] = manifest["databases"]
    assert (control["schema"], control["rows"]["organisations"]) == (newest(CONTROL), 2)
    assert campus["schema"] == newest(ORGANISATION)
    assert (campus["rows"]["tags"], campus["rows"]["quarantine"]) == (2, 1)
    assert all(len(file["sha256"]) == 64 for file in campus["files"])


def test_work_goes_on_in_what_was_restored(lived: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup", NOON)
    restore(elsewhere, tmp_path / "backup")
    registry = Registry(elsewhere)
    service = registry.named("campus")
    assert upload(service, "shops", minimal("shops"), minimal("shops", 1)).status == "success"
    assert service.learning.train()["model_version"] == 2
    registry.close()


def test_everything_acknowledged_before_an_online_backup_began_is_in_it_and_batches_are_whole(
    campus: Service, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    acknowledged: SimpleQueue[str] = SimpleQueue()
    finished = threading.Event()

    def write(caller: int) -> None:
        for turn in count():
            if finished.is_set():
                return
            name = f"{caller}/{turn}"
            records = [interaction(city=f"{name}/{number}") for number in range(BATCH)]
            assert upload(campus, "user-interactions", *records).status == "success"
            acknowledged.put(name)

    with ThreadPoolExecutor(3) as pool:
        callers = [pool.submit(write, caller) for caller in range(3)]
        try:
            before = {acknowledged.get(timeout=60) for _ in range(10)}
            back_up(settings, tmp_path / "backup", NOON)
            # Writers were not held up: they go on.
            assert acknowledged.get(timeout=60)
        finally:
            finished.set()
        for caller in callers:
            caller.result(60)
    restore(elsewhere, tmp_path / "backup")
    registry = Registry(elsewhere)
    with registry.named("campus")._core.database.read() as connection:
        cities = list(connection.scalars(select(interactions.c.city)))
    registry.close()
    whole = Counter(city.rpartition("/")[0] for city in cities if city is not None)
    assert before <= whole.keys()
    assert set(whole.values()) == {BATCH}


def test_data_that_are_there_are_replaced_only_by_force(
    lived: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    registry = Registry(elsewhere)
    registry.create_key("others", frozenset(["ingest"]))
    registry.named("others")
    registry.close()
    back_up(lived, tmp_path / "backup", NOON)
    with pytest.raises(Conflict) as refusal:
        restore(elsewhere, tmp_path / "backup")
    assert refusal.value.code == "data_not_empty"
    assert list(migrate_all(elsewhere)) == ["control", "others"]
    restore(elsewhere, tmp_path / "backup", force=True)
    assert list(migrate_all(elsewhere)) == ["control", "campus", "never used"]
    assert contents(elsewhere) == contents(lived)


def test_data_in_use_are_not_replaced(lived: Settings, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup", NOON)
    running = Registry(lived)
    service = running.named("campus")
    upload(service, "tags", minimal("tags", 3))
    with pytest.raises(Conflict) as refusal:
        restore(lived, tmp_path / "backup", force=True)
    assert refusal.value.code == "data_in_use"
    assert upload(service, "tags", minimal("tags", 3)).unchanged == 1
    running.close()


@pytest.mark.parametrize("harm", ["change a byte", "cut", "remove", "forge"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    lived: Settings, elsewhere: Settings, tmp_path: Path, harm: str
) -> None:
    manifest = back_up(lived, tmp_path / "backup", NOON)
    victim = tmp_path / "backup" / max(manifest.databases[1].files, key=lambda file: file.bytes).path
    content = bytearray(victim.read_bytes())
    if harm == "change a byte":
        content[len(content) // 2] ^= 1
        victim.write_bytes(content)
    elif harm == "cut":
        victim.write_bytes(content[:-1])
    elif harm == "remove":
        victim.unlink()
    else:
        text = (tmp_path / "backup" / MANIFEST).read_text()
        (tmp_path / "backup" / MANIFEST).write_text(text.replace('"customers": 1', '"customers": 2'))
    with pytest.raises(InvalidRequest) as refusal:
        restore(elsewhere, tmp_path / "backup")
    assert refusal.value.code == "damaged_backup"
    assert list(migrate_all(elsewhere)) == ["control"]


def test_a_backup_of_a_newer_schema_is_refused(lived: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    back_up(lived, tmp_path / "backup", NOON)
    path = tmp_path / "backup" / MANIFEST
    path.write_text(path.read_text().replace(f'"{newest(ORGANISATION)}"', '"9999"'))
    with pytest.raises(Misconfigured, match="schema 9999"):
        restore(elsewhere, tmp_path / "backup", force=True)


def test_a_backup_that_fails_leaves_nothing_behind(
    elsewhere: Settings, lived: Settings, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    for settings, target in ((elsewhere, "backup"), (lived, "taken"), (lived, "no/such/directory")):
        with pytest.raises(CobiError):
            back_up(settings, tmp_path / target, NOON)
    assert not list(tmp_path.glob("*backup*"))


def test_a_directory_without_a_manifest_is_no_backup(elsewhere: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="is not a backup"):
        restore(elsewhere, tmp_path)


def test_every_organisation_is_migrated_and_says_its_version(settings: Settings) -> None:
    registry = Registry(settings)
    upload_all(registry.named("campus"))
    registry.close()
    assert migrate_all(settings) == {"control": newest(CONTROL), "campus": newest(ORGANISATION)}
