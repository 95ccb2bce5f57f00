"""`cobi evaluate`, on a small marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cobi.config.settings import Settings
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.marketplace import marketplace


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(settings.data, monkeypatch, capsys)


def figures(ended: Any) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    return msgspec.json.decode(ended.out)


def test_figures_are_tables_json_and_a_file(cobi: Run, service: Service, tmp_path: Path) -> None:
    marketplace(service)
    told = cobi("evaluate", "--k", "1,3", "--split", "last", "--output", tmp_path / "figures.json")
    assert told.code == 0
    for part in (
        "Split last (as asked)",
        "NDCG@3",
        "one hop",
        "recall@1 by offer's age",
        "Cobi − popularity",
    ):
        assert part in told.out
    assert "100% done" in told.err
    printed = cobi("evaluate", "--k", "1,3", "--split", "last", "--json")
    assert figures(printed) == msgspec.json.decode((tmp_path / "figures.json").read_bytes())
    assert figures(printed)["tested"]["students"] == 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "sometimes"], "'sometimes' is no way to split"),
        (["--split", "time:1.5"], "a share lies between 0 and 1"),
        (["--k", "0"], "'0' are no lengths of lists"),
        (["--k", "ten"], "'ten' are no lengths of lists"),
        (["--item-type", "PRICE"], "--item-type 'PRICE' is not known"),
        ([], "no known student has interacted with any OFFER"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_a_sentence(
    cobi: Run, service: Service, arguments: list[str], message: str
) -> None:
    ended = cobi("evaluate", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_file_that_cannot_be_written_is_told_of(cobi: Run, service: Service, tmp_path: Path) -> None:
    marketplace(service)
    without_directory = cobi("evaluate", "--output", tmp_path / "none" / "figures.json")
    assert (without_directory.code, "there is no directory" in without_directory.err) == (2, True)
    a_directory = cobi("evaluate", "--output", tmp_path)
    assert (a_directory.code, "cannot write" in a_directory.err) == (2, True)
