from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from cobi.config.settings import Settings
from cobi.domain.quarantine import EVERYTHING
from cobi.domain.records import SHOPS
from cobi.service.service import Service
from tests.acceptance.commands import Run, runner
from tests.factories import minimal, upload


@pytest.fixture
def cobi(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COBI_NOW", "2026-06-15T12:00:00Z")
    return runner(settings.data, monkeypatch, capsys)


@pytest.fixture
def mess(service: Service) -> Service:
    """Three shops in quarantine, of which rules can mend two."""
    misnamed = {"id": minimal("shops", 2)["shop_id"], **minimal("shops", 2, name="", region="Bahrain")}
    del misnamed["shop_id"]
    upload(service, "shops", minimal("shops", 1, region="Bahrain"), misnamed, b"[]")
    return service


RULES = [
    *("--type", "shops", "--rename", "id=shop_id", "--replace", "region=Bahrain=BH", "--default", "name=123"),
    *("--set", "is_public=no", "--drop", "id"),
]


def test_records_are_mended_by_options_and_the_rest_is_told_with_code_1(cobi: Run, mess: Service) -> None:
    ended = cobi("quarantine", "retry", *RULES)
    assert (ended.code, re.search(r"shops +3 +2 +0 +1", ended.out) is not None) == (1, True)
    assert "not_an_object" in ended.out
    shops = mess.read_page(SHOPS, 10, None)["records"]
    assert [shop["name"] for shop in shops] == ["Pizza Corner", "123"]
    assert {(shop["region"], shop["is_public"]) for shop in shops} == {("BH", False)}
    listed = cobi("quarantine", "list").out
    assert "2 more have left: they passed when they were tried again." in listed


def test_a_dry_run_stores_nothing_and_says_so(cobi: Run, mess: Service) -> None:
    ended = cobi("quarantine", "retry", *RULES, "--dry-run")
    assert "Nothing was stored: this was a dry run." in ended.out
    assert len(mess.refused(EVERYTHING, 10, None)["records"]) == 3


def test_rules_come_from_a_file_too(cobi: Run, mess: Service, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(msgspec.json.encode([{"replace": "region", "value": "Bahrain", "by": "BH"}]))
    ended = cobi(
        "quarantine", "retry", "--type", "shops", "--code", "unknown_region", "--rules", file, "--json"
    )
    assert msgspec.json.decode(ended.out)["stored"] == 1


def test_a_record_is_shown_whole_and_dropped_by_its_id(cobi: Run, mess: Service) -> None:
    upload(mess, "shops", minimal("shops", 3, name="x" * 600))
    identifier = mess.refused(EVERYTHING, 10, None)["records"][3]["quarantine_id"]
    assert "x" * 600 in cobi("quarantine", "show", identifier).out
    assert cobi("quarantine", "drop", identifier).out == "1 records dropped.\n"
    assert cobi("quarantine", "show", identifier).code == 2


def test_dropping_everything_must_be_said(cobi: Run, mess: Service) -> None:
    assert "say which records to drop" in cobi("quarantine", "drop").err
    assert cobi("quarantine", "drop", "--all", "--dry-run").out == "3 records would be dropped.\n"
    assert cobi("quarantine", "drop", "--all").out == "3 records dropped.\n"
    assert "3 more have left: they were dropped." in cobi("quarantine", "list").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry", "--set", "name=x"], "say which with --type"),
        (["retry", "--type", "shops", "--set", "name"], "--set 'name' must have 2 parts"),
        (["retry", "--type", "shops", "--set", "nmae=x"], "did you mean name?"),
        (["retry", "--type", "shop"], "there is no record type 'shop'"),
        (["retry", "x"], "ids has 'x', which is not a UUID"),
        (["retry", "--type", "shops", "--rules", "absent.json"], "is no JSON file of rules"),
        (["list", "--from", "tomorrow"], "--from is not a point in time"),
    ],
)
def test_what_cannot_be_asked_is_told(cobi: Run, mess: Service, arguments: list[str], message: str) -> None:
    ended = cobi("quarantine", *arguments)
    assert ended.code == 2
    assert message in ended.err
