"""Processes that share a SQLite file write in turns, and a dead one holds nobody up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.dialect import sqlite_engine
from cobi.store.turns import Turns
from tests.contract.test_interactions_ahead import begin
from tests.contract.test_writer import PATIENCE
from tests.factories import minimal

_HOLD = """
import sys
from cobi.store.dialect import sqlite_engine
from cobi.store.turns import Turns
with Turns(sqlite_engine(sys.argv[1])).taken():
    print("taken", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def backend() -> str:
    return "sqlite"


def test_a_process_that_is_killed_in_its_turn_gives_it_up(service: Service, database: Database) -> None:
    path = str(database.engine.url.database)
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"taken\n"
    waiting = begin(service, "customers", minimal("customers"))
    assert not waiting.done()
    other.kill()
    other.communicate()
    assert waiting.result(PATIENCE).stored == 1


def test_a_turn_is_given_back_also_after_a_failure(tmp_path: Path) -> None:
    engine = sqlite_engine(str(tmp_path / "a.db"))
    mine, theirs = Turns(engine), Turns(engine)
    with pytest.raises(OSError, match="disk full"), mine.taken():
        raise OSError("disk full")
    with theirs.taken():
        pass
    mine.close()
    mine.close()
