"""Acknowledged means durable, whenever the server dies."""

from __future__ import annotations

from pathlib import Path

from cobi.config.settings import Settings
from tests.acceptance.crash import Kill, crashes
from tests.postgresql import create_database


def assert_whole(kills: list[Kill]) -> None:
    for kill in kills:
        assert kill.acknowledged > 0
        assert (kill.stored, kill.doubled) == (kill.acknowledged, 0)


def test_a_killed_server_has_all_it_acknowledged_and_nothing_twice(tmp_path: Path) -> None:
    assert_whole(list(crashes(Settings(data=tmp_path), 3)))


def test_so_has_one_that_keeps_its_data_in_postgresql(tmp_path: Path, postgresql: str) -> None:
    url = create_database(postgresql, "crash")
    assert_whole(list(crashes(Settings(data=tmp_path, database_url=url), 1)))
