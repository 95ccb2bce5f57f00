from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec
import pytest

from cobi.config.settings import Settings
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import ALL_TYPES, an_id, full, interaction, upload


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


@pytest.mark.parametrize("chosen", ["jsonl", "parquet"])
def test_all_that_is_exported_can_be_imported_by_another_organisation(
    cobi: Run, campus: Service, tmp_path: Path, chosen: str
) -> None:
    upload(campus, "offers", full("offers"))
    upload(campus, "user-interactions", interaction())
    folder = tmp_path / "it's [all]*" / "here"
    ended = cobi("export", folder, "--format", chosen)
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == f"{folder / f'user-interactions.{chosen}'}: 1 records"
    assert sorted(path.stem for path in folder.iterdir()) == sorted(ALL_TYPES)
    cobi("key", "create", "--org", "another")
    for name in ALL_TYPES:
        told = cobi("import", name, folder / f"{name}.{chosen}", "--org", "another").out
        assert told == f"{name}: 1 received, 1 stored, 0 unchanged, 0 rejected\n"


def test_parquet_columns_have_the_types_that_fields_mean(cobi: Run, campus: Service, tmp_path: Path) -> None:
    upload(campus, "offers", full("offers"))
    cobi("export", tmp_path, "--format", "parquet", "--type", "offers")
    with duckdb.connect() as connection:
        columns = connection.execute(
            "DESCRIBE FROM read_parquet(?)", [str(tmp_path / "offers.parquet")]
        ).fetchall()
    types = {name: kind for name, kind, *_ in columns}
    assert (types["offer_id"], types["value"], types["is_enabled"], types["allowed_from"], types["name"]) == (
        "UUID",
        "DOUBLE",
        "BOOLEAN",
        "TIMESTAMP WITH TIME ZONE",
        "VARCHAR",
    )


def test_only_the_types_asked_for_are_written(cobi: Run, campus: Service, tmp_path: Path) -> None:
    cobi("export", tmp_path, "--type", "tags", "--type", "shops")
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["shops.jsonl", "tags.jsonl"]
    [tag] = map(msgspec.json.decode, (tmp_path / "tags.jsonl").read_bytes().splitlines())
    assert tag["tag_id"] == an_id("tags")


def test_files_that_are_there_are_replaced_only_when_asked(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    there = tmp_path / "tags.jsonl"
    there.write_text("mine")
    ended = cobi("export", tmp_path)
    assert (ended.code, there.read_text()) == (2, "mine")
    assert f"error: {there} is there already" in ended.err
    assert cobi("export", tmp_path, "--overwrite").code == 0
    assert an_id("tags") in there.read_text()


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--type", "tagz"]])
def test_what_cannot_be_exported_is_said_before_anything_is_written(
    cobi: Run, campus: Service, tmp_path: Path, arguments: list[str]
) -> None:
    ended = cobi("export", tmp_path / "new", *arguments)
    assert (ended.code, ended.err.startswith("error: ")) == (2, True)
    assert not (tmp_path / "new").exists()


def test_a_directory_that_takes_no_files_ends_the_export_with_code_1(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ended = cobi("export", tmp_path / "file" / "below")
    assert (ended.code, ended.err.startswith("error: ")) == (1, True)
    (tmp_path / ".shops.jsonl.lines").mkdir()
    assert f"error: {tmp_path / 'shops.jsonl'} cannot be written" in cobi("export", tmp_path).err
