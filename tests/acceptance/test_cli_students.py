from __future__ import annotations

import io

import msgspec
import pytest

from cobi.config.settings import Settings
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import an_id


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


def test_a_student_is_exported_then_erased(cobi: Run, campus: Service) -> None:
    export = msgspec.json.decode(cobi("export-student", an_id("customers")).out)
    assert export["customers"][0]["user_id"] == an_id("pseudonyms")
    erased = cobi("erase", an_id("customers"), "--yes")
    assert (erased.code, "receipt" in erased.out, "student_favourites" in erased.out) == (0, True, True)
    again = cobi("erase", an_id("customers"), "--yes", "--json")
    assert (again.code, "nothing is held" in again.err) == (2, True)


def test_erasing_asks_first(cobi: Run, campus: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert cobi("erase", an_id("customers")).code == 1
    assert cobi("export-student", an_id("customers")).code == 0


def test_every_command_about_the_data_explains_itself(cobi: Run) -> None:
    for command in ("erase", "export-student", "backup", "restore", "migrate"):
        assert cobi(command, "--help").code == 0
