"""`cobi settings` shows and changes what an organisation chooses for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.commands import Run, runner


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(tmp_path, monkeypatch, capsys)


def test_a_setting_is_chosen_and_put_back(run: Run) -> None:
    assert run("key", "create").code == 0
    assert run("settings", "set", "most_per_shop=2", "seen_offers=HIDE", "diversity=0.25").code == 0
    assert chosen(run) == {"most_per_shop": 2, "seen_offers": "HIDE", "diversity": 0.25}
    assert run("settings", "set", "most_per_shop=").code == 0
    assert "most_per_shop" not in chosen(run)
    assert "seen_offers" in run("settings", "list").out
    changes = json.loads(run("settings", "history", "--json").out)["changes"]
    assert [(one["name"], one["after"], one["by"]) for one in changes][:1] == [
        ("most_per_shop", None, "cobi settings")
    ]
    assert "the default" in run("settings", "history").out


def test_what_no_setting_takes_is_told(run: Run) -> None:
    assert run("key", "create").code == 0
    for choice, told in (("colour=red", "there is no setting"), ("diversity=much", "expected a number")):
        ended = run("settings", "set", choice)
        assert ended.code == 2
        assert told in ended.err


def chosen(run: Run) -> dict[str, object]:
    found = json.loads(run("settings", "list", "--json").out)["settings"]
    return {one["name"]: one["value"] for one in found if one["changed"]}
