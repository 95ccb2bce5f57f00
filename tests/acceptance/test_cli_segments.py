"""`cobi segments`: tried out, made, listed, suggested and deleted on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from cobi.config.settings import Settings
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import an_id


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rule.json"
    path.write_text('{"regions": ["BH"], "not": {"did": {"within_days": 30}}}')
    return path


def test_a_rule_is_tried_out_made_listed_and_deleted(cobi: Run, campus: Service, rule: Path) -> None:
    tried = cobi("segments", "preview", rule).out
    assert tried.startswith("1 of 1 students\n")
    assert an_id("customers") in tried
    made = cobi("segments", "create", "quiet", rule)
    identifier = made.out.strip()
    listed = cobi("segments", "list").out
    assert [identifier in listed, "quiet" in listed] == [True, True]
    [segment] = msgspec.json.decode(cobi("segments", "list", "--json").out)["segments"]
    assert (segment["segment_id"], segment["members"]) == (identifier, 1)
    assert "'quiet' was deleted" in cobi("segments", "delete", identifier, "--yes").err
    assert msgspec.json.decode(cobi("segments", "list", "--json").out) == {"segments": [], "names": {}}
    assert cobi("segments", "delete", identifier, "--yes").code == 2


def test_deleting_asks_first(cobi: Run, campus: Service, rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = cobi("segments", "create", "quiet", rule).out.strip()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert cobi("segments", "delete", identifier).code == 1
    assert identifier in cobi("segments", "list").out


def test_suggestions_are_a_table_or_json(cobi: Run, campus: Service) -> None:
    assert "precision" in cobi("segments", "suggest").out
    assert msgspec.json.decode(cobi("segments", "suggest", "--json").out)["suggestions"] == []


def test_a_rule_that_cannot_be_read_is_told(cobi: Run, campus: Service, tmp_path: Path) -> None:
    assert "cannot be read" in cobi("segments", "preview", tmp_path / "none").err
    (tmp_path / "bad").write_text("{")
    assert "is not JSON" in cobi("segments", "preview", tmp_path / "bad").err
    (tmp_path / "wrong").write_text('{"any": [{"min_age": "x"}]}')
    told = cobi("segments", "create", "x", tmp_path / "wrong")
    assert (told.code, "rule.any[0].min_age" in told.err) == (2, True)
