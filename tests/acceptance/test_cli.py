from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import cobi as package
from cobi.cli.app import app
from cobi.config.settings import Settings
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.acceptance.commands import Run, in_a_process, runner
from tests.factories import an_id, bodies, minimal, upload
from tests.postgresql import create_database


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COBI_NOW", "2026-06-15T12:00:00Z")
    return runner(settings.data, monkeypatch, capsys)


def test_the_version_is_printed(cobi: Run) -> None:
    assert cobi("--version").out == f"cobi {package.__version__}\n"


def test_a_new_key_is_all_that_is_printed_and_opens_a_new_organisation(cobi: Run, settings: Settings) -> None:
    ended = cobi("key", "create", "--org", "Dilmun", "--scopes", "ingest, recommend")
    registry = Registry(settings)
    found = registry.authenticate(ended.out.removesuffix("\n"))
    registry.close()
    assert found is not None
    assert (found.organisation.name, found.scopes) == ("Dilmun", {"ingest", "recommend"})


def test_a_key_is_listed_rotated_and_revoked(cobi: Run, settings: Settings) -> None:
    old = cobi("key", "create", "--label", "importer", "--expires-in", "90d").out.strip()
    public_id = old.split("_")[1]
    assert "2026-09-13T12:00:00Z" in cobi("key", "list").out
    new = cobi("key", "rotate", public_id, "--overlap", "1h").out.strip()
    assert "revoked" in cobi("key", "revoke", new.split("_")[1]).err
    *_, replaced, revoked = msgspec.json.decode(cobi("key", "list", "--json").out)["keys"]
    assert (replaced["label"], replaced["expires"]) == ("importer", "2026-06-15T13:00:00Z")
    assert (revoked["status"], revoked["replaces"]) == ("revoked", public_id)
    assert cobi("key", "revoke", "nobody").code == 2
    assert cobi("key", "create", "--expires-in", "soon").code == 2


def test_an_error_is_two_lines_and_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = in_a_process("key", "create", "--org", "x", "--data", tmp_path / "file")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        f"error: cannot use {tmp_path / 'file'} for data: Not a directory",
        "hint: choose another --data",
    ]


def test_training_says_what_the_model_was_made_of(cobi: Run, campus: Service) -> None:
    ended = cobi("train", "--seed", 3)
    assert ended.code == 0
    assert "Model 1 is live" in ended.out
    assert "seed 3" in ended.out
    assert msgspec.json.decode(cobi("train", "--json").out)["model_version"] == 2


def test_training_until_a_moment_learns_only_from_before_it(cobi: Run, campus: Service) -> None:
    assert msgspec.json.decode(cobi("train", "--until", "2001-01-01", "--json").out)["events"] == 0


def test_a_recommendation_is_a_table_or_the_answer_of_the_api(cobi: Run, campus: Service) -> None:
    upload(campus, "offers", minimal("offers", 1, name="Half price"))
    cobi("train")
    ended = cobi("recommend", an_id("customers"), "--explain")
    assert "Half price" in ended.out
    assert "Pizza Corner" in ended.out
    [answer] = msgspec.json.decode(cobi("recommend", an_id("customers"), "--limit", 1, "--json").out)
    assert answer["student_id"] == an_id("customers")
    assert len(answer["offers"]) == 1


def test_recommended_regions_replace_the_students_own(cobi: Run, campus: Service) -> None:
    cobi("train")
    [answer] = msgspec.json.decode(cobi("recommend", an_id("customers"), "--regions", "ae", "--json").out)
    assert answer["offers"] == []
    assert "'XX' is not an ISO 3166-1" in cobi("recommend", an_id("customers"), "--regions", "XX").err


def test_a_report_counts_what_was_answered(cobi: Run, campus: Service) -> None:
    cobi("recommend", an_id("customers"))
    assert "2026-06-15" in cobi("report").out
    assert msgspec.json.decode(cobi("report", "--json").out)["total"]["answers"] == 1
    assert msgspec.json.decode(cobi("report", "--json", "--to", "2026-06-15").out)["total"]["answers"] == 0


def test_a_report_is_written_as_a_parquet_file(cobi: Run, campus: Service, tmp_path: Path) -> None:
    cobi("recommend", an_id("customers"))
    file = tmp_path / "report.parquet"
    assert cobi("report", "--parquet", file).code == 0
    assert file.read_bytes()[:4] == b"PAR1"
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []
    assert "cannot be written" in cobi("report", "--parquet", tmp_path / "no" / "where").err


def test_quarantine_lists_counts_and_records(cobi: Run, campus: Service) -> None:
    assert cobi("quarantine", "list").out == "Quarantine is empty.\n"
    upload(campus, "tags", {"tag_id": an_id("tags", 1)}, {"tag_id": "x", "name": "y"})
    listed = cobi("quarantine", "list", "--limit", 1).out
    assert "missing_field" in listed
    assert "malformed_id" in listed
    assert '"name":"y"' not in listed
    [record] = msgspec.json.decode(cobi("quarantine", "list", "--code", "malformed_id", "--json").out)[
        "records"
    ]
    assert msgspec.json.decode(record["body"]) == {"tag_id": "x", "name": "y"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend", "x"], "CUSTOMER_ID 'x' is not a UUID"),
        (["recommend", an_id("customers", 9)], "not known"),
        (["train"], "there are no offers to recommend yet"),
        (["train", "--until", "yesterday"], "--until is not a point in time"),
        (["report", "--from", "0"], "--from is not a point in time"),
        (["report", "--org", "nobody"], "there is no organisation named 'nobody'"),
    ],
)
def test_what_a_command_cannot_do_it_says_without_a_traceback(
    cobi: Run, service: Service, arguments: list[str], message: str
) -> None:
    ended = cobi(*arguments)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_the_example_configuration_is_toml_that_changes_nothing(cobi: Run) -> None:
    printed = cobi("config", "example").out
    assert tomllib.loads(printed) == {}
    uncommented = "\n".join(re.findall(r"(?m)^# (\w+ = .*)$", printed))
    assert tomllib.loads(uncommented)["port"] == Settings.port


def test_every_command_explains_itself(cobi: Run) -> None:
    for command in (
        "serve",
        "import",
        "train",
        "evaluate",
        "recommend",
        "report",
        "demo",
        "quarantine",
        "key",
        "config",
    ):
        assert cobi(command, "--help").code == 0
    assert app.info.help


def test_commands_work_on_postgresql_where_its_address_is_set(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COBI_DATABASE_URL", create_database(postgresql, "commands"))
    run = runner(tmp_path / "none", monkeypatch, capsys)
    assert run("key", "create").out.startswith("cobi_")
    for kind in ("shops", "offers", "customers"):
        (tmp_path / f"{kind}.jsonl").write_bytes(bodies([minimal(kind)])[0])
        assert "1 stored" in run("import", kind, tmp_path / f"{kind}.jsonl").out
    assert run("train").code == 0
    assert "Pizza Corner" in run("recommend", an_id("customers")).out
    assert not (tmp_path / "none").exists()
