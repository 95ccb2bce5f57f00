"""Answers over HTTP against a real server: `python -m benchmarks.serving [sqlite|postgresql]`.

500,000 students with ten events each, 20,000 offers, a model of 200 entries for each signal; 32 connections.
What the log and chance cost is told beside a server that is made to answer without its log, which no setting can do.

`SERVING_STUDENTS`, `SERVING_OFFERS`, `SERVING_EVENTS` and `SERVING_REQUESTS` make it smaller or larger.
Filling takes minutes:
`python -m benchmarks.serving fill` does it once into the directory SERVING_DATA, from which `sqlite` then serves.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np

from benchmarks.ingestion import load
from benchmarks.ingestion.places import cpu_seconds, cpu_seconds_of, peak_memory
from benchmarks.serving import world
from cobi.config.settings import Settings
from cobi.domain.identifiers import format_id
from cobi.domain.records import SHOPS
from cobi.server.background import Background, background
from cobi.service.core import system_clock
from cobi.service.registry import SCOPES, Registry
from tests.postgresql import restartable_server

CONNECTIONS = 32
REQUESTS = int(os.environ.get("SERVING_REQUESTS", "20000"))
WARM = 2_000
WORKERS = {"sqlite": 1, "postgresql": 2}
_EXPLORING = {"exploration_temperature": 0.3}
_UNLOGGED = Path(__file__).parent / "unlogged"


def main(arguments: Sequence[str] = ()) -> None:
    """Print a table for each database: without the log, with it, and with lists that are drawn."""
    if list(arguments) == ["fill"]:
        _fill(Settings(data=Path(os.environ["SERVING_DATA"])))
        return
    for name in arguments or WORKERS:
        with _place(name) as place:
            key, workers = place.key, WORKERS[name]
            print(f"\n  {name}, {workers} worker(s); processor time of each answer", flush=True)
            with _server(place.settings, workers, logging=False) as server:
                bare = _measure("not logged, deterministic", server, place)
            with _server(place.settings, workers, logging=True) as server:
                _measure("logged, deterministic", server, place, bare)
                _settings(server, key, _EXPLORING)
                _measure("logged, exploring", server, place, bare)
                _settings(server, key, dict.fromkeys(_EXPLORING))
                _latency(server, key)
                print(f"  {'server memory at its peak':30}{peak_memory(server):10,} MiB", flush=True)


@dataclass(frozen=True)
class Speed:
    """Answers a second, and their latencies in milliseconds."""

    rate: float
    p50: float
    p99: float

    def beside(self, other: Speed) -> str:
        """As shares of another."""
        ratios = (self.rate / other.rate, self.p50 / other.p50, self.p99 / other.p99)
        return "   rate {:.2f} x, p50 {:.2f} x, p99 {:.2f} x".format(*ratios)


@dataclass(frozen=True)
class Place:
    """A filled installation, a key, and the parent of PostgreSQL's processes if it is on PostgreSQL."""

    settings: Settings
    key: str
    database: int | None = None

    def cpu_seconds(self) -> float:
        """The processor time the database's own processes have used."""
        return 0.0 if self.database is None else cpu_seconds_of(self.database)


@contextmanager
def _place(name: str) -> Generator[Place]:
    """A filled installation."""
    kept = os.environ.get("SERVING_DATA")
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as directory:
        if name == "sqlite":
            settings = Settings(data=Path(kept or directory))
            yield Place(settings, _fill(settings))
        else:
            with restartable_server(durable=True) as server:
                settings = Settings(data=Path(directory), database_url=server.url)
                parent = int((server.data / "postmaster.pid").read_text().split()[0])
                yield Place(settings, _fill(settings), parent)


@contextmanager
def _server(settings: Settings, workers: int, *, logging: bool) -> Generator[Background]:
    chosen: dict[str, object] = {"database_url": settings.database_url, "workers": workers}
    chosen |= {"recommendations_per_minute": 0, "data_requests_per_minute": 0, "log_level": "info"}
    before = os.environ.get("PYTHONPATH")
    if not logging:
        os.environ["PYTHONPATH"] = str(_UNLOGGED)
    try:
        with background(settings.data, settings=chosen) as server:
            yield server
    finally:
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before


def _fill(settings: Settings) -> str:
    registry, began = Registry(settings), time.perf_counter()
    key = registry.create_key("bench", frozenset(SCOPES))
    service = registry.named("bench")
    # What is written straight into the tables is in no overview.
    if not service.read_page(SHOPS, 1, None)["records"]:
        world.fill(service, system_clock())
        print(f"\n  filled in {time.perf_counter() - began:.0f} s", flush=True)
    registry.close()
    return key


def _measure(name: str, server: Background, place: Place, other: Speed | None = None) -> Speed:
    luck = np.random.default_rng(len(name))
    asked = luck.integers(0, world.STUDENTS, REQUESTS + WARM).tolist()
    prepared = [_request(server.url, place.key, world.student(number)) for number in asked]
    load.send(server.url, prepared[:WARM], CONNECTIONS)
    before = cpu_seconds(server), place.cpu_seconds()
    run = load.send(server.url, prepared[WARM:], CONNECTIONS)
    spent = cpu_seconds(server) - before[0], place.cpu_seconds() - before[1], run.cpu
    server_cpu, database_cpu, sender_cpu = (seconds / REQUESTS * 1e6 for seconds in spent)
    found = Speed(REQUESTS / run.seconds, run.percentile(0.5) * 1000, run.percentile(0.99) * 1000)
    print(
        f"  {name:30}{found.rate:10,.0f} answers/s   p50 {found.p50:6.1f} ms   p99 {found.p99:6.1f} ms   "
        f"server {server_cpu:5.0f} µs, database {database_cpu:5.0f} µs, sender {sender_cpu:4.0f} µs"
        f"{'' if other is None else found.beside(other)}",
        flush=True,
    )
    return found


def _request(url: str, key: str, student: str) -> bytes:
    head = f"GET /v1/recommendations/customers/{student} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
    return f"{head}Authorization: Bearer {key}\r\n\r\n".encode()


def _settings(server: Background, key: str, values: Mapping[str, object]) -> None:
    answer = httpx.put(f"{server.url}/v1/settings", json=values, headers={"Authorization": f"Bearer {key}"})
    answer.raise_for_status()


def _latency(server: Background, key: str) -> None:
    """From an interaction's acknowledgement to the end of the first answer it has changed."""
    seconds: list[float] = []
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}) as client:
        for number in range(50):
            who = world.student(number)
            path = f"/v1/recommendations/customers/{who}?limit=100"
            before = msgspec.json.decode(client.get(path).content)[0]["offers"]
            sent = {"interaction_type": "DISCOUNT_CODE", "item_type": "OFFER", "student_id": who}
            offer = format_id(world.an_id("offers", number * 97 % world.OFFERS_COUNT))
            sent |= {"item_id": offer, "event_timestamp": str(np.datetime64("now"))}
            client.post("/user-interactions", json=sent).raise_for_status()
            acknowledged = time.perf_counter()
            while msgspec.json.decode(client.get(path).content)[0]["offers"] == before:
                if time.perf_counter() - acknowledged > 5:
                    raise RuntimeError("the interaction changed nothing")
            seconds.append(time.perf_counter() - acknowledged)
    seconds.sort()
    print(
        f"  {'acknowledged to changed answer':30}p50 {seconds[25] * 1000:6.1f} ms   worst {seconds[-1] * 1000:6.1f} ms"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
