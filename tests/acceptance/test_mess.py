"""A dirty CSV, imported, mended and tried again on the command line: every row is accounted for."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from benchmarks import mess
from cobi.config.settings import Settings
from cobi.domain.quarantine import EVERYTHING
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner

ROWS = 20_000
RULES = [
    *("--type", "transactions", "--rename", "total=amount", "--replace", "region=Bahrain=BH"),
    *("--default", "region=BH", "--default", "savings=0", "--json"),
]


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COBI_NOW", "2026-06-15T12:00:00Z")
    return runner(settings.data, monkeypatch, capsys)


def test_every_row_of_a_dirty_file_is_accounted_for(cobi: Run, service: Service, tmp_path: Path) -> None:
    kinds = mess.write(tmp_path / "mess.csv", ROWS)
    mess.prepare(service)
    told = cobi("import", "transactions", tmp_path / "mess.csv").out.splitlines()[0]
    refused = kinds["mendable"] + kinds["hopeless"]
    expected = [ROWS, kinds["clean"], kinds["twin"], refused]
    assert [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", told)] == expected

    late = range(mess.STUDENTS, mess.STUDENTS + mess.LATE_STUDENTS)
    mess.upload_students(service, late)
    outcome = msgspec.json.decode(cobi("quarantine", "retry", *RULES).out)
    counts = [outcome[name] for name in ("examined", "stored", "unchanged", "refused")]
    assert counts == [refused, kinds["mendable"], 0, kinds["hopeless"]]

    found = service.refused(EVERYTHING, 1, None)
    waiting = Counter({tuple(row["codes"]): row["records"] for row in found["counts"]})
    assert (waiting.total(), found["left"]["retried"]) == (kinds["hopeless"], kinds["mendable"])
    transactions = service.overview()["types"][-2]
    assert (transactions["type"], transactions["records"]) == (
        "transactions",
        kinds["clean"] + kinds["mendable"],
    )
