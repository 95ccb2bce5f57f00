from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobi.cli.file_kinds import open_all
from cobi.cli.record_files import Unreadable
from cobi.config.settings import Settings
from cobi.domain.interaction_record import INTERACTIONS
from cobi.domain.quarantine import Selection
from cobi.domain.record_type import RecordType
from cobi.domain.records import OFFERS, RECORD_TYPES, SHOPS
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import an_id, bodies, full, interaction, minimal

Record = dict[str, Any]


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


def jsonl(records: list[Record]) -> bytes:
    return b"\n".join(bodies(records))


def cells(records: list[Record], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def write_jsonl(path: Path, records: list[Record]) -> None:
    path.write_bytes(jsonl(records))


def write_packed_jsonl(path: Path, records: list[Record]) -> None:
    path.write_bytes(gzip.compress(jsonl(records)))


def write_csv(path: Path, records: list[Record]) -> None:
    path.write_bytes(cells(records))


def write_packed_csv_with_semicolons_and_a_mark(path: Path, records: list[Record]) -> None:
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + cells(records, ";")))


def write_parquet(path: Path, records: list[Record]) -> None:
    lines = path.with_suffix(".jsonl")
    write_jsonl(lines, records)
    # DuckDB finds the ids to be UUIDs and the times to be timestamps.
    duckdb.sql(f"COPY (FROM read_json('{lines}')) TO '{path}'")


WRITERS: dict[str, Callable[[Path, list[Record]], None]] = {
    ".jsonl": write_jsonl,
    ".ndjson.gz": write_packed_jsonl,
    ".csv": write_csv,
    ".csv.gz": write_packed_csv_with_semicolons_and_a_mark,
    ".parquet": write_parquet,
}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("kind", ["offers", "transactions", "branches", "customers"])
def test_a_record_from_any_kind_of_file_reads_back_as_it_was(
    cobi: Run, campus: Service, tmp_path: Path, kind: str, suffix: str
) -> None:
    record = full(kind, 7)
    file = tmp_path / f"records{suffix}"
    WRITERS[suffix](file, [record])
    ended = cobi("import", kind, file)
    assert (ended.code, ended.out) == (0, f"{kind}: 1 received, 1 stored, 0 unchanged, 0 rejected\n")
    page = campus.read_page(RECORD_TYPES[kind], 10, None)
    assert page["records"][-1] == record


@pytest.mark.parametrize("suffix", WRITERS)
def test_interactions_import_and_a_second_import_changes_nothing(
    cobi: Run, campus: Service, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"interactions{suffix}"
    first = interaction()
    WRITERS[suffix](file, [{**first, "event_timestamp": first["event_timestamp"] + at} for at in range(5)])
    assert "5 received, 5 stored, 0 unchanged" in cobi("import", "user-interactions", file).out
    assert "5 received, 0 stored, 5 unchanged" in cobi("import", "user-interactions", file).out


def test_several_files_count_as_one_import(cobi: Run, campus: Service, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jsonl" for number in (1, 2, 3)]
    for number, file in enumerate(files):
        write_jsonl(file, [minimal("tags", 10 + number)])
    assert cobi("import", "tags", *files).out == "tags: 3 received, 3 stored, 0 unchanged, 0 rejected\n"


def test_bad_records_are_counted_by_reason_and_stop_nothing(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file = tmp_path / "offers.jsonl"
    write_jsonl(
        file,
        [
            minimal("offers", 1, shop_id=an_id("shops", 99)),
            minimal("offers", 2, value=0, region="XX"),
            minimal("offers", 3, valeu=5),
        ],
    )
    ended = cobi("import", "offers", file)
    assert ended.code == 0
    assert "offers: 3 received, 1 stored, 0 unchanged, 2 rejected" in ended.out
    for expected in ("unknown_reference", "unknown_region", "out_of_range", "valeu: did you mean value?"):
        assert expected in ended.out
    assert "cobi quarantine list --org 'campus' --type offers" in ended.out


def test_a_line_that_is_no_json_lies_in_quarantine_as_it_was(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file = tmp_path / "tags.jsonl"
    file.write_bytes(jsonl([minimal("tags", 1)]) + b'\n\n{"tag_id": \n')
    assert "2 received, 1 stored, 0 unchanged, 1 rejected" in cobi("import", "tags", file).out
    refused = campus.refused(Selection("tags"), 10, None)["records"]
    assert [record["body"] for record in refused] == ['{"tag_id":']


def test_a_csv_row_with_a_cell_too_many_is_refused_rather_than_guessed_at(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file = tmp_path / "tags.csv"
    file.write_text(f"tag_id,name\n{an_id('tags', 1)},pizza, pasta\n{an_id('tags', 2)},soup\n")
    assert "2 received, 1 stored, 0 unchanged, 1 rejected" in cobi("import", "tags", file).out
    assert (
        msgspec.json.decode(campus.refused(Selection("tags"), 1, None)["records"][0]["body"])[2] == " pasta"
    )


def test_an_empty_cell_is_a_null_and_clears_what_is_stored(
    cobi: Run, campus: Service, tmp_path: Path
) -> None:
    file = tmp_path / "shops.csv"
    shop = full("shops")
    campus.upload(SHOPS, bodies([shop]), "request")
    file.write_text(f"shop_id,is_public\n{shop['shop_id']},\n")
    assert "1 stored" in cobi("import", "shops", file).out
    assert campus.read_page(SHOPS, 1, None)["records"][0] == {**shop, "is_public": None}


def test_parquet_keeps_the_meaning_of_its_types(tmp_path: Path) -> None:
    file = tmp_path / "odd [1]*.parquet"
    duckdb.sql(
        f"""COPY (SELECT TIMESTAMPTZ '2026-06-01 11:00:00+03' AS created, TIMESTAMP_NS '2026-06-02 08:00:00' AS updated,
        'nan'::DOUBLE AS value, 12.50::DECIMAL(9,2) AS amount, '\\xAB\\x01'::BLOB AS shop_id, true AS is_enabled,
        NULL::VARCHAR AS "na""me", 'é' AS type) TO '{file}'"""
    )
    assert read_all(file, OFFERS) == [
        {
            "created": "2026-06-01T08:00:00.000000",
            "updated": "2026-06-02T08:00:00.000000",
            "value": None,
            "amount": 12.5,
            "shop_id": "ab01",
            "is_enabled": True,
            'na"me': None,
            "type": "é",
        }
    ]


def test_batches_of_a_parquet_file_add_up_to_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "many.parquet"
    duckdb.sql(f"COPY (SELECT i AS name FROM range(45000) t(i)) TO '{file}'")
    [opened] = open_all([file])
    sizes, positions = zip(
        *((len(batch.bodies), batch.position) for batch in opened.read(SHOPS, 0)), strict=True
    )
    assert (sum(sizes), max(sizes), positions[-1]) == (45_000, 20_000, opened.size)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip), min_size=1)
)
def test_csv_cells_hold_any_text(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(cells([{"name": name, "gender": "x"} for name in names]))
    assert [record["name"] for record in read_all(file, SHOPS)] == [name or None for name in names]


def read_all(file: Path, kind: RecordType) -> list[Any]:
    [opened] = open_all([file])
    return [msgspec.json.decode(body) for batch in opened.read(kind, 0) for body in batch.bodies]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "shopz", "x.jsonl"], "there is no record type 'shopz'; types are shops, categories"),
        (["import", "shops", "absent.jsonl"], "there is no file absent.jsonl"),
        (["import", "shops", __file__], "of no known kind"),
        (["import", "shops", "{tmp}/false.parquet"], "is not a Parquet file"),
        (
            ["import", "shops", "{tmp}/good.jsonl", "--org", "nobody"],
            "cobi key create --org 'nobody' makes it",
        ),
        (["import", "shops", "{tmp}/good.jsonl", "--data", "{tmp}/none"], "there is no data directory"),
    ],
)
def test_what_cannot_be_imported_is_said_before_anything_is_stored(
    cobi: Run, campus: Service, tmp_path: Path, arguments: list[str], message: str
) -> None:
    write_jsonl(tmp_path / "good.jsonl", [minimal("shops", 5)])
    (tmp_path / "false.parquet").write_text("no")
    ended = cobi(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert message in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.jsonl.gz", gzip.compress(jsonl([minimal("tags", n) for n in range(9)]))[:-20]),
        ("latin.csv", "tag_id,name\n1,caf\xe9\n".encode("latin-1")),
        ("false.csv.gz", b"tag_id,name\n"),
    ],
)
def test_a_file_that_breaks_off_ends_the_import_with_code_1(
    cobi: Run, campus: Service, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    ended = cobi("import", "tags", tmp_path / name)
    assert ended.code == 1
    assert f"error: {tmp_path / name}" in ended.err


def test_reading_a_broken_file_raises_one_kind_of_error(tmp_path: Path) -> None:
    file = tmp_path / "false.jsonl.gz"
    file.write_bytes(b"no")
    with pytest.raises(Unreadable):
        read_all(file, INTERACTIONS)
