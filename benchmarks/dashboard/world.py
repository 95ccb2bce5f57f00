"""A marketplace with millions of interactions as pages see it: models, segments, a holdout, refused records."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from benchmarks.reports.filling import DATA, DAYS, FIRST, fill
from cobi.config.settings import Settings
from cobi.domain.moments import DAY, HOUR, format_moment
from cobi.service.registry import SCOPES, Registry
from cobi.service.service import Service
from cobi.store.dialect import is_sqlite
from cobi.store.histories import FAN_IN, RUN_ROWS
from cobi.store.rollups.tables import counted_days
from tests.factories import an_id, interaction, minimal, upload
from tests.postgresql import running_server

ORGANISATION = "bench"
NOW = FIRST + DAYS * DAY + HOUR

SEGMENTS: dict[str, Any] = {
    "Everybody": {},
    "Looked at shop 1 lately": {"did": {"shops": [an_id("shops", 1)], "within_days": 30}},
    "Three codes in a month": {"did": {"types": ["DISCOUNT_CODE"], "within_days": 30, "at_least": 3}},
    "Idle for two weeks": {"inactive_days": 14},
    "Many codes of a shop": {
        "did": {"shops": [an_id("shops", 2)], "types": ["DISCOUNT_CODE"], "at_least": 12}
    },
    "Either of two shops": {
        "any": [{"did": {"shops": [an_id("shops", shop)], "within_days": 7}} for shop in (3, 4)]
    },
}
"""Rules by the segments' names: of all students, of most, of few, of nobody."""

_RUN = FAN_IN**2 * RUN_ROWS


@dataclass(frozen=True)
class Filled:
    """Where the data lie, the key that opens them, and the ids of the segments."""

    settings: Settings
    key: str
    segments: tuple[str, ...]

    @property
    def of_server(self) -> dict[str, object]:
        """What its server runs with: the clock stands where the data end."""
        database = self.settings.database_url
        return {"now": format_moment(NOW), "recommendations_per_minute": 0, "database_url": database}


@contextmanager
def filled(database: str, interactions: int) -> Generator[Filled]:
    """The data, made where they are not kept from before."""
    kept = os.environ.get(DATA)
    name = "dashboard" if database == "sqlite" else f"dashboard-{database}"
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as scratch:
        data = Path(scratch) if kept is None else Path(kept) / f"{name}-{interactions}"
        data.mkdir(parents=True, exist_ok=True)
        if database == "sqlite":
            yield _ready(Settings(data=data), interactions)
            return
        with running_server(kept=None if kept is None else data / "server") as url:
            yield _ready(Settings(data=data, database_url=url), interactions)


def _ready(settings: Settings, interactions: int) -> Filled:
    began, note, clock = time.perf_counter(), settings.data / "key", [FIRST]
    registry = Registry(settings, lambda: clock[0])
    if not note.exists():
        key = registry.create_key(ORGANISATION, frozenset(SCOPES))
        service = registry.named(ORGANISATION)
        fill(service, interactions)
        _enter(service, interactions)
        _note(service)
        _people(service)
        note.write_text(key)
    clock[0] = NOW
    service = registry.named(ORGANISATION)
    _renew(service)
    service.tidy()
    service.catalogue.count()
    segments = tuple(one["segment_id"] for one in service.segments.list(patience=(0.0, 0.0))["segments"])
    registry.close()
    print(f"  ready after {time.perf_counter() - began:.0f} s", flush=True)
    return Filled(settings, note.read_text(), segments)


def _people(service: Service) -> None:
    """What is small whatever is stored: refused records, and clicks that say what a model can learn."""
    clicks = [
        interaction(
            student_id=an_id("customers", n),
            item_id=an_id("offers", (n * 7 + m) % 50),
            event_timestamp=FIRST // 1_000_000 + n * 60 + m,
        )
        for n in range(300)
        for m in range(5)
    ]
    upload(service, "user-interactions", *clicks)
    upload(
        service, "offers", *(minimal("offers", 10**6 + n, shop_id=an_id("nothing", n)) for n in range(500))
    )


def _renew(service: Service) -> None:
    """What data of an earlier day may lack: a model that this version can read, the segments."""
    with service._core.reading() as connection:  # noqa: SLF001 (no door tells whether a model can be read)
        learned = service.answers.maker(connection).shelf.model
    if learned is None:
        for hours in (6, 7):
            service.learning.train(until=FIRST + hours * HOUR, promote=True)
    known = {one["name"] for one in service.segments.list(patience=(0.0, 0.0))["segments"]}
    for name, rule in SEGMENTS.items():
        if name not in known:
            service.segments.create({"name": name, "rule": rule})


def _enter(service: Service, interactions: int) -> None:
    """Histories as they lie when Cobi has had time to merge them; rows made in the database have none."""
    database = service._core.database  # noqa: SLF001 (no door takes as many)
    if not is_sqlite(database.engine):
        return
    statement = text(
        "INSERT INTO histories (run, owner, interaction_id) SELECT :run, student_key, interaction_id FROM interactions "
        "WHERE interaction_id >= :first AND interaction_id < :end ORDER BY 2, 3"
    )
    for number, (first, end) in enumerate(_spans(interactions)):
        bounds = {"run": -1 - number, "first": first, "end": end}
        with database.engine.execution_options(writing=True).begin() as connection:
            rows = connection.execute(statement, bounds).rowcount
            connection.execute(
                text('INSERT INTO history_runs (run, level, "rows") VALUES (:run, 2, :rows)'),
                {"run": -1 - number, "rows": rows},
            )


def _note(service: Service) -> None:
    """All days as commits would have noted them, so that they are counted and packed."""
    days = [(day, 1, 0, 1) for day in range(FIRST // DAY, FIRST // DAY + DAYS)]
    columns = ("day", "changes", "seen", "gathered")
    with service._core.database.engine.execution_options(writing=True).begin() as connection:  # noqa: SLF001 (no door takes as many)
        connection.execute(insert(counted_days), [dict(zip(columns, day, strict=True)) for day in days])


def _spans(interactions: int) -> Iterator[tuple[bytes, bytes]]:
    """Ids from which to which a run reaches."""
    runs = max(1, -(-interactions // _RUN))
    milliseconds, span = FIRST // 1000, DAYS * DAY // 1000
    ends = [milliseconds + span * number // runs for number in range(runs + 1)]
    ends[-1] += 1
    for first, end in pairwise(ends):
        yield first.to_bytes(6, "big") + bytes(10), end.to_bytes(6, "big") + bytes(10)
