"""What a report costs with one and with twenty million interactions, on both databases.

    python -m benchmarks.reports [--millions 1 20] [--databases sqlite postgresql] [--rounds 500] [--minutes 4]

The same report is asked for, of whole days and of days that are cut, with and without filters, of the one and of the
other amount in turn: what else the machine does meets both. Filling takes minutes: with COBI_BENCH_DATA naming a
directory it is done once and the data stay there, and `--minutes` does it in parts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.reports.filling import DATA, DAYS, FIRST, fill
from cobi.config.settings import Settings
from cobi.domain.interaction import Platform
from cobi.domain.moments import DAY, HOUR, MINUTE, QUARTER_HOUR
from cobi.domain.reports import Question
from cobi.server import pace
from cobi.service.registry import Registry
from cobi.service.service import Service
from tests.factories import NOON, an_id
from tests.postgresql import running_server


def main(arguments: Sequence[str]) -> None:
    """Measure each database with each amount."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 20])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="fill no longer than this")
    chosen = parser.parse_args(arguments)
    for database in chosen.databases:
        with _settings(database) as settings:
            _measure(database, settings, chosen.millions, chosen.rounds, 60 * chosen.minutes)


@contextmanager
def _settings(database: str) -> Generator[Settings]:
    kept = os.environ.get(DATA)
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as scratch:
        data = Path(scratch) if kept is None else Path(kept) / f"reports-{database}"
        data.mkdir(parents=True, exist_ok=True)
        if database == "sqlite":
            yield Settings(data=data)
            return
        with running_server(kept=None if kept is None else data / "server") as url:
            yield Settings(data=data, database_url=url)


def _measure(
    database: str, settings: Settings, millions: Sequence[float], rounds: int, seconds: float
) -> None:
    registry = Registry(settings, lambda: NOON)
    began = time.perf_counter()
    services: dict[float, Service] = {}
    for amount in millions:
        registry.create(f"{amount:g} million")
        services[amount] = registry.named(f"{amount:g} million")
        if not fill(services[amount], int(amount * 1_000_000), began + seconds):
            print(f"{database}: not all is filled yet", flush=True)
            break
    else:
        print(f"{database}: filled in {time.perf_counter() - began:.0f} s", flush=True)
        # As servers do it before their first request.
        pace.configure()
        pace.settle()
        for name, question in _questions().items():
            _tell(name, _timed(services, question, rounds))
    registry.close()


def _questions() -> dict[str, Question]:
    shop = bytes.fromhex(an_id("shops", 1).replace("-", ""))
    whole = Question(FIRST, FIRST + DAYS * DAY)
    return {
        "all sixty days": whole,
        "one region": replace(whole, region="BH"),
        "one platform": replace(whole, platform=Platform.IOS),
        "one shop": replace(whole, shop_id=shop),
        "one position": replace(whole, position=3),
        "days of Bahrain": _days(3 * HOUR),
        "days of India": _days(5 * HOUR + 2 * QUARTER_HOUR),
        "one shop in India": replace(_days(5 * HOUR + 2 * QUARTER_HOUR), shop_id=shop),
        "days of Tonga": _days(13 * HOUR),
        "cut anywhere": _days(7 * MINUTE),
        "one shop, cut anywhere": replace(_days(7 * MINUTE), shop_id=shop),
    }


def _days(offset: int) -> Question:
    """All but two days of a time zone so much ahead of UTC."""
    return Question(FIRST + DAY - offset, FIRST + (DAYS - 1) * DAY - offset)


def _timed(services: Mapping[float, Service], question: Question, rounds: int) -> dict[float, list[float]]:
    """Milliseconds with each amount, in order."""
    found: dict[float, list[float]] = {amount: [] for amount in services}
    for _ in range(rounds):
        for amount, service in services.items():
            began = time.perf_counter()
            service.reports.effectiveness(question)
            found[amount].append(1000 * (time.perf_counter() - began))
    return {amount: sorted(each) for amount, each in found.items()}


def _tell(name: str, found: Mapping[float, list[float]]) -> None:
    told = {amount: (statistics.median(each), _p99(each)) for amount, each in found.items()}
    least = next(iter(told.values()))
    for amount, (median, p99) in told.items():
        beside = f"   {median / least[0]:5.2f} x  {p99 / least[1]:5.2f} x" if (median, p99) != least else ""
        print(
            f"  {name:24}{amount:5g} million   median {median:7.2f} ms   p99 {p99:7.2f} ms{beside}",
            flush=True,
        )


def _p99(ordered: Sequence[float]) -> float:
    return ordered[int(0.99 * (len(ordered) - 1))]


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
