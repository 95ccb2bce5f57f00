"""`cobi import` beyond the plain case: other names, refused records in a file, going on after an interruption."""

from __future__ import annotations

import csv
import gzip
import os
import time
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from cobi.cli import parquet_files, text_files
from cobi.config.settings import Settings
from cobi.domain.records import CUSTOMERS, TAGS
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import an_id, bodies, minimal

MAP = ["--map", "student=customer_id", "--map", "pseudonym=user_id"]
JOURNAL = "tags.jsonl.tags.import"


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (text_files, parquet_files):
        monkeypatch.setattr(module, "BATCH", 3)


def renamed(number: int) -> dict[str, Any]:
    """A customer as another system calls it; the column of the field's own name means something else there."""
    return {
        "student": an_id("customers", number),
        "pseudonym": an_id("pseudonyms", number),
        "region": "BH",
        "customer_id": "internal",
    }


def write_csv(path: Path, records: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def write_jsonl(path: Path, records: list[Any]) -> None:
    path.write_bytes(b"\n".join(bodies(records)))


def write_parquet(path: Path, records: list[Any]) -> None:
    lines = path.with_suffix(".lines.jsonl")
    write_jsonl(lines, records)
    duckdb.sql(f"COPY (FROM read_json('{lines}')) TO '{path}'")


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


@pytest.mark.parametrize("suffix", WRITERS)
def test_names_of_any_kind_of_file_are_mapped_to_fields(
    cobi: Run, service: Service, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"students.{suffix}"
    WRITERS[suffix](file, [renamed(number) for number in range(4)])
    assert cobi("import", "customers", file, *MAP).out.startswith("customers: 4 received, 4 stored")
    stored = service.read_page(CUSTOMERS, 10, None)["records"]
    assert [record["user_id"] for record in stored] == [an_id("pseudonyms", number) for number in range(4)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--map", "student"], 2, "'student' is not name=field"),
        (["--map", "student=customerid"], 2, "hint: did you mean customer_id?"),
        (["--map", "a=region", "--map", "b=region"], 2, "one field for one name"),
        (["--map", "studnt=customer_id"], 1, "has no column 'studnt' to map; it has student, pseudonym"),
        (["--rejected", "{file}"], 2, "--rejected names a file that is read"),
        (["--rejected", "/no/such/directory"], 2, "/no/such/directory cannot be written"),
        (["--url", "ftp://x"], 2, "does not begin with http:// or https://"),
        (["--url", "http://x"], 2, "a server wants a key"),
    ],
)
def test_a_mistaken_option_is_said_before_anything_is_stored(
    cobi: Run, service: Service, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    file = tmp_path / "students.csv"
    write_csv(file, [renamed(1)])
    ended = cobi("import", "customers", file, *(argument.format(file=file) for argument in arguments))
    assert (ended.code, service.read_page(CUSTOMERS, 10, None)["records"]) == (code, [])
    assert message in ended.err


def test_refused_records_are_written_with_their_reasons_and_the_lines_they_stood_on(
    cobi: Run, service: Service, tmp_path: Path
) -> None:
    file, refused = tmp_path / "tags.jsonl", tmp_path / "refused.jsonl"
    file.write_bytes(b'\n{"tag_id": \n' + msgspec.json.encode(minimal("tags", 1)) + b'\n{"tag_id":"x"}\n')
    ended = cobi("import", "tags", file, "--rejected", refused)
    assert f"They are in {refused}, and in quarantine." in ended.out
    first, second = map(msgspec.json.decode, refused.read_bytes().splitlines())
    assert (first["record"], first["line"], first["file"]) == ('{"tag_id":', 2, str(file))
    assert (second["record"], second["line"]) == ({"tag_id": "x"}, 4)
    assert second["errors"][0].items() >= {"field": "tag_id", "code": "malformed_id", "value": "x"}.items()


def test_lines_are_counted_over_cells_of_several_lines_and_rows_in_parquet(
    cobi: Run, service: Service, tmp_path: Path
) -> None:
    refused = tmp_path / "refused.jsonl"
    table = tmp_path / "tags.csv"
    table.write_text(f'tag_id,name\n{an_id("tags")},"two\nlines"\n\nx,y\n')
    cobi("import", "tags", table, "--rejected", refused)
    assert [msgspec.json.decode(line)["line"] for line in refused.read_bytes().splitlines()] == [2, 5]
    columns = tmp_path / "tags.parquet"
    write_parquet(columns, [minimal("tags"), minimal("tags", 1, tag_id="x")])
    cobi("import", "tags", columns, "--rejected", refused)
    assert [msgspec.json.decode(line)["row"] for line in refused.read_bytes().splitlines()] == [2]


def cut_off(monkeypatch: pytest.MonkeyPatch, service: Service, after: int) -> None:
    """Let the process die with batch number `after`, once it is stored."""
    upload, count = Service.upload, iter(range(after))

    def dying(self: Service, *arguments: Any) -> Any:
        result = upload(self, *arguments)
        if next(count, None) is None:
            raise SystemError("power cut")
        return result

    monkeypatch.setattr(Service, "upload", dying)


def ten_tags_and_a_bad_one(path: Path, suffix: str) -> Path:
    records = [minimal("tags", number) for number in range(10)]
    records[4] = minimal("tags", 4, tag_id="bad")
    file = path / f"tags.{suffix}"
    if suffix.endswith(".gz"):
        file.write_bytes(gzip.compress(b"\n".join(bodies(records))))
    else:
        WRITERS[suffix](file, records)
    return file


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("suffix", [*WRITERS, "jsonl.gz"])
def test_an_import_that_was_cut_off_goes_on_where_it_stopped_and_counts_nothing_twice(
    cobi: Run, service: Service, tmp_path: Path, suffix: str
) -> None:
    refused = tmp_path / "refused.jsonl"
    command = ["import", "tags", ten_tags_and_a_bad_one(tmp_path, suffix), "--rejected", refused]
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch, service, after=2)
        with pytest.raises(SystemError):
            cobi(*command)
    # Two batches of three were written down; the third was stored and not yet noted.
    ended = cobi(*command, "--resume")
    assert "going on in file 1 behind record 6" in ended.err
    assert ended.out.startswith("tags: 4 received, 1 stored, 3 unchanged, 0 rejected")
    assert len(service.read_page(TAGS, 100, None)["records"]) == 9
    assert len(refused.read_bytes().splitlines()) == 1
    assert not list(tmp_path.glob("*.import*"))


@pytest.mark.usefixtures("small_batches")
def test_files_that_were_done_before_the_interruption_are_not_read_again(
    cobi: Run, service: Service, tmp_path: Path
) -> None:
    files = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for begin, file in zip((0, 10, 20), files, strict=True):
        write_jsonl(file, [minimal("tags", begin + number) for number in range(4)])
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch, service, after=3)
        with pytest.raises(SystemError):
            cobi("import", "tags", *files)
    ended = cobi("import", "tags", *files, "--resume")
    assert "going on in file 2 behind record 3" in ended.err
    assert ended.out.startswith("tags: 5 received, 4 stored, 1 unchanged")


@pytest.mark.usefixtures("small_batches")
def test_a_file_that_changed_since_is_read_from_the_beginning(
    cobi: Run, service: Service, tmp_path: Path
) -> None:
    file = ten_tags_and_a_bad_one(tmp_path, "jsonl")
    with pytest.MonkeyPatch.context() as patch:
        cut_off(patch, service, after=2)
        with pytest.raises(SystemError):
            cobi("import", "tags", file)
    assert "this import was cut off before; it begins again" in cobi("import", "tags", file).err
    (tmp_path / JOURNAL).write_text("{}")
    os.utime(file, (time.time() + 9, time.time() + 9))
    ended = cobi("import", "tags", file, "--resume")
    assert "nothing tells that this import was cut off" in ended.err
    assert ended.out.startswith("tags: 10 received")


def test_a_directory_that_takes_no_files_keeps_no_import_from_ending(
    cobi: Run, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "tags.jsonl"
    write_jsonl(file, [minimal("tags")])
    (tmp_path / f"{JOURNAL}.new").mkdir()
    assert cobi("import", "tags", file).out.startswith("tags: 1 received, 1 stored")
