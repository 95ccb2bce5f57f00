"""Installations to measure: each database with 200,000 students and 20,000 offers, and a server on it."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingestion import records
from cobi.config.settings import Settings
from cobi.domain.records import RECORD_TYPES
from cobi.server.background import Background, background
from cobi.service.registry import SCOPES, Registry
from tests.postgresql import running_server

ORGANISATION = "bench"
_GLANCE_SECONDS = 0.2


class Memory:
    """How much memory the server's processes hold together, looked at again and again.

    What workers share with the process they were forked from is counted once (PSS).
    """

    def __init__(self, server: Background) -> None:
        self.peak = 0
        self._server = server
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Generator[None]:
        """Look until the block ends."""
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_GLANCE_SECONDS):
            self.peak = max(self.peak, sum(map(_held, _processes(self._server))) // 1024)


def _held(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    return int(rollup.split("\nPss:")[1].split()[0])


@dataclass(frozen=True)
class Place:
    """A server that answers, and a key for it."""

    server: Background
    key: str
    settings: Settings
    memory: Memory


@contextmanager
def sqlite() -> Generator[Place]:
    """On SQLite, as it comes."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        settings = Settings(data=Path(name))
        yield from _serve(settings)


@contextmanager
def postgresql() -> Generator[Place]:
    """On a PostgreSQL of its own that writes durably."""
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name, running_server(durable=True) as url:
        yield from _serve(Settings(data=Path(name), database_url=url))


def peak_memory(server: Background) -> int:
    """The most memory each of the server's processes has held, added up, in MiB; what they share counts for each."""
    status = [Path(f"/proc/{pid}/status").read_text() for pid in _processes(server)]
    return sum(int(text.split("VmHWM:")[1].split()[0]) for text in status) // 1024


def cpu_seconds(server: Background) -> float:
    """The processor time the server's processes have used: what a busy machine does not blur."""
    return cpu_seconds_of(server.process.pid)


def cpu_seconds_of(parent: int) -> float:
    """The same of a process and all that it has started."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in _family(parent)]
    # Its own, and of children that have ended.
    return sum(sum(map(int, each[11:15])) for each in fields) / os.sysconf("SC_CLK_TCK")


def _processes(server: Background) -> list[int]:
    return _family(server.process.pid)


def _family(parent: int) -> list[int]:
    pids = [parent]
    for pid in pids:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            pids.extend(map(int, children.read_text().split()))
    return pids


def _serve(settings: Settings) -> Generator[Place]:
    key = _fill(settings)
    chosen: dict[str, object] = {"database_url": settings.database_url, "data_requests_per_minute": 0}
    chosen["workers"] = os.environ.get("COBI_WORKERS", os.cpu_count())
    with background(settings.data, settings=chosen) as server:
        memory = Memory(server)
        with memory.watched():
            yield Place(server, key, settings, memory)


def _fill(settings: Settings) -> str:
    registry = Registry(settings)
    key = registry.create_key(ORGANISATION, frozenset(SCOPES))
    service = registry.named(ORGANISATION)
    parts = [("shops", records.shops())]
    parts += [
        ("offers", records.offers(first, records.BATCH)) for first in range(0, records.OFFERS, records.BATCH)
    ]
    parts += [
        ("customers", records.customers(first, records.BATCH))
        for first in range(0, records.STUDENTS, records.BATCH)
    ]
    for kind, bodies in parts:
        result = service.upload(RECORD_TYPES[kind], bodies, "fill")
        assert result.status == "success", result.errors()
    registry.close()
    return key
