"""What was written is copied out of SQLite's log beside the writer, so that no commit has to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cobi.store import checkpoints
from cobi.store.checkpoints import Checkpoints
from cobi.store.dialect import sqlite_engine

PATIENCE = 20


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = sqlite_engine(str(tmp_path / "some.db"))
    with engine.execution_options(writing=True).begin() as connection:
        connection.execute(text("CREATE TABLE some (number INTEGER)"))
        connection.execute(text("INSERT INTO some VALUES (1)"))
    return engine


def test_what_was_written_is_copied_into_the_database_though_it_is_being_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, pages = threading.Event(), list[int]()
    copy = checkpoints._checkpoint

    def watched(connection: object) -> int:
        pages.append(copy(connection))  # pyright: ignore[reportArgumentType]
        copied.set()
        return pages[-1]

    monkeypatch.setattr(checkpoints, "_checkpoint", watched)
    monkeypatch.setattr(checkpoints, "EVERY_SECONDS", 0.001)
    beside = Checkpoints(engine)
    with engine.begin() as reader:
        assert reader.execute(text("SELECT number FROM some")).scalars().all() == [1]
        beside.written()
        assert copied.wait(PATIENCE)
        beside.close()
    assert pages[0] > 0
    assert b"CREATE TABLE some" in Path(str(engine.url.database)).read_bytes()
    engine.dispose()


def test_one_that_has_nothing_to_copy_or_cannot_ends_in_good_order(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Checkpoints(engine).close()
    monkeypatch.setattr(checkpoints, "EVERY_SECONDS", 0.001)
    lost = Checkpoints(sqlite_engine(str(tmp_path / "no" / "such.db")))
    assert lost._copy() == 0
    lost.written()
    lost.close()
    assert lost._thread is not None
    assert not lost._thread.is_alive()
    engine.dispose()
