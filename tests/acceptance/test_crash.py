"""Acknowledged means durable, whatever dies and whenever."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cobi.config.settings import Settings
from tests.acceptance.crash import Kill, Verdict, crashes
from tests.acceptance.installation import install
from tests.postgresql import create_database, restartable_server


def assert_whole(accounts: Iterable[Kill | Verdict]) -> None:
    *kills, verdict = accounts
    assert isinstance(verdict, Verdict)
    assert verdict.passed, verdict
    for kill in kills:
        assert isinstance(kill, Kill)
        assert kill.acknowledged > 0
        assert kill.lost == 0


def test_a_killed_server_has_all_it_acknowledged_and_nothing_twice(tmp_path: Path) -> None:
    assert_whole(crashes(install(Settings(data=tmp_path)), 2))


def test_so_has_one_that_keeps_its_data_in_postgresql(tmp_path: Path, postgresql: str) -> None:
    url = create_database(postgresql, "crash")
    assert_whole(crashes(install(Settings(data=tmp_path, database_url=url)), 2, workers=2))


def test_a_server_whose_postgresql_is_killed_lives_on_with_all_it_acknowledged(tmp_path: Path) -> None:
    with restartable_server(durable=True) as postgresql:
        url = create_database(postgresql.url, "crash")
        assert_whole(crashes(install(Settings(data=tmp_path, database_url=url)), 2, postgresql))
